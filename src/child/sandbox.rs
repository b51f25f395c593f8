//! The walls around the child, as far as the kernel has them: which files it can open (Landlock), what it can ask of the
//! kernel at all (seccomp). Whoever takes the process over through the file it reads gets no more than that file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, PathFd, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetError,
    RulesetStatus, Scope, path_beneath_rules,
};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};

/// What is open to the child besides libraries.
#[derive(Debug)]
pub(super) struct Openings<'a> {
    /// The one file it reads, if it reads one.
    pub(super) input: Option<&'a Path>,
    /// Folders that it writes to.
    pub(super) folders: &'a [&'a Path],
    /// It may use the machine's encoder, which is a video device.
    pub(super) encoder: bool,
    /// It may connect to others, and be sent to, but not be connected to.
    pub(super) network: bool,
}

/// Libraries, plug-ins and their data; nothing here is secret.
const READABLE: [&str; 12] = [
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/fonts",
    "/dev/null",
    "/dev/zero",
    "/dev/urandom",
    // How many cores there are: decoders make as many threads.
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/stat",
    "/sys/devices/system/cpu",
];
/// How the names of hosts are looked up, and whose certificates are believed.
const READABLE_WITH_NETWORK: [&str; 10] = [
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/etc/ssl",
    "/etc/localtime",
];
/// Where the environment says that there are more libraries and plug-ins.
const READABLE_BY_NAME: [&str; 5] = [
    "LD_LIBRARY_PATH",
    "GST_PLUGIN_PATH",
    "GST_PLUGIN_PATH_1_0",
    "GST_PLUGIN_SYSTEM_PATH",
    "GST_PLUGIN_SYSTEM_PATH_1_0",
];

/// Goes in, for good. Returns what the walls are, for the log.
pub(super) fn enter(openings: &Openings<'_>) -> String {
    let files = match confine_files(openings) {
        Ok(RulesetStatus::FullyEnforced) => "landlock".to_owned(),
        Ok(RulesetStatus::PartiallyEnforced) => "landlock as far as this kernel has it".to_owned(),
        Ok(RulesetStatus::NotEnforced) => "no landlock in this kernel".to_owned(),
        Err(error) => format!("no landlock ({error})"),
    };
    let calls = match confine_calls(openings.network) {
        Ok(()) => "seccomp".to_owned(),
        Err(error) => format!("no seccomp ({error})"),
    };
    format!("{files}, {calls}")
}

fn confine_files(openings: &Openings<'_>) -> Result<RulesetStatus, RulesetError> {
    // The newest that is asked for; older kernels enforce what they know.
    let abi = ABI::V6;
    let named = READABLE_BY_NAME.iter().filter_map(std::env::var_os);
    let named: Vec<PathBuf> =
        named.flat_map(|paths| std::env::split_paths(&paths).collect::<Vec<_>>()).collect();
    let program = std::env::current_exe().ok();
    let network = READABLE_WITH_NETWORK.iter().filter(|_| openings.network);
    let readable: Vec<&Path> = READABLE
        .iter()
        .chain(network)
        .map(Path::new)
        .chain(named.iter().chain(&program).map(PathBuf::as_path))
        .collect();
    let all = AccessFs::from_all(abi);
    // Neither a link to another file, nor a device.
    let writable = all
        & !(AccessFs::MakeSym
            | AccessFs::MakeBlock
            | AccessFs::MakeChar
            | AccessFs::MakeSock
            | AccessFs::MakeFifo
            | AccessFs::Refer
            | AccessFs::IoctlDev);
    // No rule for the network: nothing of what is handled is allowed.
    let network = if openings.network { AccessNet::BindTcp.into() } else { AccessNet::from_all(abi) };
    let ruleset = Ruleset::default()
        .handle_access(all)?
        .handle_access(network)?
        .scope(Scope::from_all(abi))?
        .create()?
        .add_rules(path_beneath_rules(readable, AccessFs::from_read(abi)))?
        .add_rules(path_beneath_rules(openings.input, AccessFs::ReadFile))?
        .add_rules(path_beneath_rules(openings.folders, writable))?
        .add_rules(path_beneath_rules(encoders(openings), AccessFs::from_file(abi)))?;
    Ok(ruleset.restrict_self()?.ruleset)
}

fn encoders(openings: &Openings<'_>) -> Vec<PathBuf> {
    let devices = std::fs::read_dir("/dev").ok().filter(|_| openings.encoder);
    let names = devices.into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    let video = |path: &PathBuf| path.to_str().is_some_and(|path| path.starts_with("/dev/video"));
    names.filter(video).filter(|path| PathFd::new(path).is_ok()).collect()
}

/// What no decoder asks of the kernel: other programs and processes, the network, other views of the system, and those
/// parts of the kernel in which most ways out were found.
const REFUSED: &[i64] = &[
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_pidfd_send_signal,
    libc::SYS_kill,
    libc::SYS_setsid,
    libc::SYS_setpgid,
    libc::SYS_listen,
    libc::SYS_accept4,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_tree,
    libc::SYS_move_mount,
    libc::SYS_fsopen,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_keyctl,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_fanotify_init,
    libc::SYS_open_by_handle_at,
    libc::SYS_linkat,
    libc::SYS_symlinkat,
    libc::SYS_mknodat,
    libc::SYS_shmget,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_mq_open,
    // Whose files these are, and how they look, also where they can't be opened: Landlock has no say in it, and older
    // kernels none in cutting a file short by its name.
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_utimensat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_truncate,
    // Other processes of the same user.
    libc::SYS_tkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_kcmp,
    libc::SYS_personality,
    libc::SYS_seccomp,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
];
/// Linux 6.6, which libc does not name on every machine; the same number on all.
const FCHMODAT2: i64 = 452;
/// What nobody needs who reads no camera.
const REFUSED_WITHOUT_NETWORK: &[i64] = &[libc::SYS_socket, libc::SYS_connect, libc::SYS_bind];
/// The same by their older names, which newer machines have no more.
#[cfg(target_arch = "x86_64")]
const REFUSED_OLD: &[i64] = &[
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_link,
    libc::SYS_symlink,
    libc::SYS_mknod,
    libc::SYS_accept,
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_OLD: &[i64] = &[libc::SYS_accept];

fn confine_calls(network: bool) -> Result<(), seccompiler::Error> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        REFUSED.iter().chain(REFUSED_OLD).map(|call| (*call, Vec::new())).collect();
    if !network {
        rules.extend(REFUSED_WITHOUT_NETWORK.iter().map(|call| (*call, Vec::new())));
    }
    // Threads may be made, processes not.
    let no_thread = SeccompCondition::new(
        0,
        SeccompCmpArgLen::Qword,
        SeccompCmpOp::MaskedEq(libc::CLONE_THREAD as u64),
        0,
    )?;
    rules.insert(libc::SYS_clone, vec![SeccompRule::new(vec![no_thread])?]);
    // Signals to its own threads, and limits and priority of its own: of no other process.
    let own = u64::from(std::process::id());
    let not = |argument: u8, value: u64| {
        SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value)
    };
    rules.insert(libc::SYS_tgkill, vec![SeccompRule::new(vec![not(0, own)?])?]);
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![not(0, 0)?, not(0, own)?])?]);
    rules.insert(libc::SYS_setpriority, vec![SeccompRule::new(vec![not(1, 0)?])?]);
    rules.insert(libc::SYS_ioprio_set, vec![SeccompRule::new(vec![not(1, 0)?])?]);
    // Its arguments can't be looked at: the C library then takes the older call.
    let newer = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    for (rules, error) in [(newer, libc::ENOSYS), (rules, libc::EPERM)] {
        let refuse = SeccompAction::Errno(error.unsigned_abs());
        let machine = std::env::consts::ARCH.try_into()?;
        let filter: BpfProgram =
            SeccompFilter::new(rules, SeccompAction::Allow, refuse, machine)?.try_into()?;
        seccompiler::apply_filter(&filter)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::process::{Command, Stdio};

    use rustix::fs::{CWD, Timespec, Timestamps, XattrFlags};
    use rustix::process::{Pid, Resource, Rlimit, Signal};

    use super::*;

    /// A child of the same user as everything else, as on the box.
    #[test]
    #[ignore = "confines its whole process: only for a runner that gives each test its own"]
    fn whoever_takes_the_child_over_reaches_no_other_file_and_no_other_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let (input, outside) = (folder.path().join("input"), folder.path().join("library.db"));
        let scratch = folder.path().join("scratch");
        fs::create_dir(&scratch).expect("made");
        for path in [&input, &outside] {
            fs::write(path, "content").expect("written");
        }
        let mut other = Command::new("sleep")
            .arg("20")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it runs");
        let pid = Pid::from_child(&other);
        let before = fs::metadata(&outside).expect("there");
        let folders = [scratch.as_path()];
        enter(&Openings { input: Some(&input), folders: &folders, encoder: false, network: false });

        assert_eq!(fs::read(&input).expect("open to it"), b"content");
        fs::write(scratch.join("made"), "x").expect("open to it");
        assert!(fs::read(&outside).is_err() && fs::write(&outside, "y").is_err());
        assert!(fs::remove_file(&outside).is_err() && fs::rename(&outside, scratch.join("x")).is_err());
        assert!(fs::set_permissions(&outside, Permissions::from_mode(0o777)).is_err());
        assert!(chown(&outside, Some(0), None).is_err());
        let long_ago = Timespec { tv_sec: 1, tv_nsec: 0 };
        let times = Timestamps { last_access: long_ago, last_modification: long_ago };
        assert!(rustix::fs::utimensat(CWD, &outside, &times, rustix::fs::AtFlags::empty()).is_err());
        assert!(rustix::fs::setxattr(&outside, "user.x", b"x", XattrFlags::empty()).is_err());
        assert!(rustix::process::kill_process(pid, Signal::KILL).is_err());
        let limit = Rlimit { current: Some(0), maximum: Some(0) };
        assert!(rustix::process::prlimit(Some(pid), Resource::Nofile, limit).is_err());
        assert!(rustix::process::setpriority_process(Some(pid), 19).is_err());
        assert!(
            std::net::TcpStream::connect("127.0.0.1:1")
                .is_err_and(|error| { error.kind() == std::io::ErrorKind::PermissionDenied })
        );
        assert!(Command::new("true").spawn().is_err());
        // Its own threads work, and its own limits can be lowered.
        std::thread::spawn(|| ()).join().expect("threads may be made");
        rustix::process::setrlimit(Resource::Core, limit).expect("its own");
        assert!(other.try_wait().expect("it runs").is_none());
        assert_eq!(fs::metadata(&outside).expect("seen").modified().ok(), before.modified().ok());
    }
}
