//! Tests that need a process to themselves, or file systems of their own: the test is run once more, by its name.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Set where the test runs that was asked for.
const HERE: &str = "MARQUEE_TEST_HERE";

/// Runs a test where it shares no memory with others. `name`: its path, such as `integration::disk::full`.
///
/// cargo-nextest gives every test a process; `cargo test` does not.
pub(crate) fn in_own_process(name: &str, test: impl Future<Output = ()>) {
    if std::env::var_os("NEXTEST").is_some() || std::env::var_os(HERE).is_some() {
        run(test);
    } else {
        again(name, Command::new(this_program()));
    }
}

/// Runs a test where it may mount what it likes, and nobody else sees it.
pub(crate) fn in_own_mounts(name: &str, test: impl Future<Output = ()>) {
    in_namespaces(&["--mount"], name, test);
}

/// Runs a test in a machine of its own: mounts, a network with all its ports, and processes.
pub(crate) fn in_own_machine(name: &str, test: impl Future<Output = ()>) {
    in_namespaces(&["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"], name, async {
        // A cable to nowhere: without an address the splash tells none, and has no QR code.
        for step in [
            "link set lo up",
            "link add lan type veth peer name nowhere",
            "address add 192.0.2.2/24 dev lan",
            "link set lan up",
            "link set nowhere up",
        ] {
            let done = Command::new("ip").args(step.split(' ')).status().expect("iproute2 is there");
            assert!(done.success(), "ip {step}");
        }
        test.await;
    });
}

fn in_namespaces(kinds: &[&str], name: &str, test: impl Future<Output = ()>) {
    if std::env::var_os(HERE).is_some() {
        run(test);
        return;
    }
    let allowed = |who: &&&[&str]| {
        let tried = Command::new("unshare").args(**who).args(kinds).arg("true").output();
        tried.is_ok_and(|output| output.status.success())
    };
    // Anybody's own namespace of users, else those of root.
    let who = [&["--user", "--map-root-user"][..], &[][..]];
    let who = who.iter().find(allowed).expect(
        "this test needs namespaces: run it as root, or allow them to all users (on Ubuntu: \
         sysctl kernel.apparmor_restrict_unprivileged_userns=0)",
    );
    let mut unshare = Command::new("unshare");
    unshare.args(*who).args(kinds).arg("--").arg(this_program());
    again(name, unshare);
}

fn this_program() -> PathBuf {
    std::env::current_exe().expect("Linux tells")
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("threads");
    runtime.block_on(test);
}

fn again(name: &str, mut command: Command) {
    let (_, name) = name.split_once("::").expect("the path of a test");
    command.args(["--exact", name, "--include-ignored", "--nocapture"]).env(HERE, "1");
    let output = command.output().expect("it starts");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // A name that is none would run nothing.
    assert!(output.status.success() && said.contains("test result: ok. 1 passed"), "{said}");
}

/// A file system of its own; away with the test. Only [`in_own_mounts`].
pub(crate) struct Mount(PathBuf);

impl Mount {
    pub(crate) fn tmpfs(at: &Path, options: &str) -> Self {
        std::fs::create_dir_all(at).expect("a folder");
        mount(|command| command.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at));
        Self(at.to_owned())
    }

    /// Something else is seen in the place of a file.
    pub(crate) fn over(at: &Path, instead: &Path) -> Self {
        mount(|command| command.arg("--bind").args([instead, at]));
        Self(at.to_owned())
    }

    pub(crate) fn remount(&self, options: &str) {
        mount(|command| command.args(["-o", &format!("remount,{options}")]).arg(&self.0));
    }
}

fn mount(arguments: impl FnOnce(&mut Command) -> &mut Command) {
    let mut command = Command::new("mount");
    let output = arguments(&mut command).output().expect("mount runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Also with files of it still open. A test that failed tells another reason.
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        assert!(std::thread::panicking() || unmounted.is_ok_and(|status| status.success()));
    }
}
