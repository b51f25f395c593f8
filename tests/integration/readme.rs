//! Every command of the README is run as it stands there. One that this file does not know fails.
//!
//! Where another suite runs it whole (the image, the tests, hours of Buildroot), only its spelling is run: with `--help`
//! behind it, whose text must know each word of it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::care::old_server;
use crate::desktop::Desktop;
use crate::own_process::{Mount, in_own_machine};
use crate::program::{PATIENCE, Page};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const README: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md"));

/// What is done with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// A script starts the program, at this address. Its cameras and TVs are not there.
    Served(&'static str),
    /// Likewise, with a library, playlists and a schedule.
    Demo,
    /// The program itself, with files in the place of FILE, DIR and FOLDER.
    Program,
    /// It looks at a program that runs.
    Looks,
    /// Run whole.
    Whole,
    /// By its help: the script that reads its words.
    Spelled(&'static str),
    /// One group of the image's tests, which tests/image/run picks by a word.
    ImageGroup,
}

fn way(command: &str) -> Way {
    let words: Vec<&str> = command.split(' ').collect();
    match words[..] {
        ["scripts/run"] => Way::Served("http://127.0.0.1:8080/"),
        ["scripts/run", "--window"] => Way::Served("http://127.0.0.1:8080/"),
        ["scripts/run", "--config", "my.toml", "--listen", "0.0.0.0:80"] => {
            Way::Served("http://127.0.0.1:80/")
        }
        ["scripts/run", "--demo"] => Way::Demo,
        ["scripts/run", "--qemu", ..] => Way::Spelled("board/qemu/run"),
        ["scripts/test" | "scripts/image" | "scripts/cross" | "scripts/bench" | "scripts/buildroot", ..] => {
            Way::Spelled("")
        }
        ["tests/image/run", _] => Way::ImageGroup,
        ["cargo", "metadata", ..] | ["tests/long/run", "--help"] => Way::Whole,
        ["grep", "VmRSS", ..] => Way::Looks,
        ["marquee", ..] => Way::Program,
        _ => panic!("the README has a command that no test runs: {command}"),
    }
}

/// All commands of the README: lines of its shell blocks without their comments, and what looks like one in its text.
fn commands() -> Vec<String> {
    let mut commands = Vec::new();
    for (index, block) in README.split("```").enumerate() {
        if let Some(lines) = block.strip_prefix("sh\n") {
            for line in lines.lines() {
                let (command, comment) = line.split_once('#').unwrap_or((line, ""));
                let command = command.trim();
                // In brackets a comment says what else there is: `(--quick leaves …)`, `(scripts/run --demo: …)`.
                let more = comment.split('(').nth(1).unwrap_or_default();
                match more.split([':', ' ']).next().unwrap_or_default() {
                    option if option.starts_with("--") => commands.push(format!("{command} {option}")),
                    script if is_command(script) => {
                        commands.push(more.split(':').next().unwrap_or_default().to_owned());
                    }
                    _ => {}
                }
                commands.push(command.to_owned());
            }
        } else if index % 2 == 0 {
            let spans = block.split('`').skip(1).step_by(2);
            commands.extend(spans.filter(|span| is_command(span)).map(str::to_owned));
        }
    }
    commands.sort();
    commands.dedup();
    commands.retain(|command| !command.is_empty());
    commands
}

fn is_command(span: &str) -> bool {
    let first = span.split(' ').next().unwrap_or_default();
    let script = ["scripts/", "tests/", "board/"].iter().any(|folder| first.starts_with(folder));
    let file = Path::new(ROOT).join(first);
    let runs = fs::metadata(&file).is_ok_and(|file| {
        use std::os::unix::fs::PermissionsExt;
        file.is_file() && file.permissions().mode() & 0o111 != 0
    });
    script && (runs || !file.exists())
        || span.contains(' ') && ["marquee", "cargo", "grep", "sudo", "sh", "curl"].contains(&first)
}

fn with(wanted: impl Fn(Way) -> bool) -> Vec<String> {
    let found: Vec<String> = commands().into_iter().filter(|command| wanted(way(command))).collect();
    assert!(!found.is_empty(), "the README has none of them any more");
    found
}

#[test]
fn the_readme_has_no_command_that_is_not_run() {
    for command in commands() {
        way(&command);
    }
    // Else they would not be found.
    for known in ["scripts/run", "scripts/run --demo", "scripts/test", "marquee probe [--json]"] {
        assert!(commands().iter().any(|command| command == known), "{known} in {:#?}", commands());
    }
}

#[test]
fn what_other_suites_run_is_spelled_right() {
    let mut known = String::new();
    for command in with(|way| matches!(way, Way::Spelled(_))) {
        let Way::Spelled(reader) = way(&command) else { continue };
        let mut words: Vec<&str> = command.split(' ').collect();
        let script = match reader {
            "" => words.remove(0),
            reader => {
                words.drain(..2);
                reader
            }
        };
        let output = Command::new(Path::new(ROOT).join(script)).args(&words).arg("--help").output();
        let output = output.unwrap_or_else(|error| panic!("{command}: {error}"));
        let usage = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        known += &usage;
        for word in words {
            // Values are the user's own.
            let known = word.chars().all(|char| char.is_ascii_digit()) || usage.contains(word);
            assert!(known, "{command}: {script} --help says nothing of {word}");
        }
    }
    let usage = Command::new(Path::new(ROOT).join("scripts/run")).arg("--help").output().expect("it runs");
    known += &String::from_utf8_lossy(&usage.stdout);
    assert!(known.contains("scripts/run --qemu"));
    let options = README.split('`').skip(1).step_by(2).filter(|span| span.starts_with("--"));
    for option in options {
        let option = option.split(' ').next().expect("one word");
        assert!(known.contains(option), "`{option}` is an option of nothing");
    }
    for command in with(|way| way == Way::ImageGroup) {
        let word = command.split(' ').nth(1).expect("a word");
        let scripts = fs::read_dir(Path::new(ROOT).join("tests/image")).expect("listed");
        let scripts = scripts.map(|entry| entry.expect("listed").path());
        let texts = scripts.filter(|path| path.extension().is_some_and(|ext| ext == "py"));
        let named = texts.flat_map(|path| {
            let text = fs::read_to_string(path).expect("read");
            text.lines()
                .filter(|line| line.trim_start().starts_with("\"\"\""))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        assert!(named.into_iter().any(|line| line.contains(word)), "{command}: no test is called so");
    }
    for command in with(|way| way == Way::Whole) {
        let output = Command::new("sh").args(["-c", &command]).current_dir(ROOT).output().expect("it runs");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A clone of the repository with the program built, and somebody's home.
struct Checkout {
    folder: TempDir,
    desktop: Desktop,
}

impl Checkout {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let clone = folder.path().join("marquee");
        fs::create_dir(&clone).expect("a folder");
        for entry in fs::read_dir(ROOT).expect("listed") {
            let entry = entry.expect("listed");
            symlink(entry.path(), clone.join(entry.file_name())).expect("linked");
        }
        fs::create_dir(folder.path().join("bin")).expect("a folder");
        symlink(env!("CARGO_BIN_EXE_marquee"), folder.path().join("bin/marquee")).expect("linked");
        let camera = README.split("```toml\n").nth(1).and_then(|block| block.split("```").next());
        fs::write(clone.join("my.toml"), camera.expect("the README has a my.toml")).expect("written");
        Self { folder, desktop: Desktop::start() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").expect("there is one");
        command
            .current_dir(self.path("marquee"))
            .env("PATH", format!("{}:{path}", self.path("bin").display()))
            .env("MARQUEE_PROGRAM", env!("CARGO_BIN_EXE_marquee"))
            .env("XDG_DATA_HOME", self.path("data"))
            .env("XDG_CACHE_HOME", kept())
            .env("DISPLAY", self.desktop.display())
            .env("ALSA_CONFIG_PATH", "/dev/null");
        command
    }

    /// Runs it to its end.
    fn run(&self, command: &str) -> Output {
        self.command("sh").args(["-c", command]).output().expect("sh runs")
    }

    /// Starts it as in a terminal, and waits until its pages are there.
    async fn serve(&self, command: &str, url: &str) -> Served {
        let said = self.path("said");
        // Nothing of the one before.
        fs::write(&said, "").expect("written");
        let mut script = self.command("script");
        script.args(["--quiet", "--flush", "--return", "--command", command]).arg(&said);
        script.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
        let child = script.spawn().expect("bsdutils is there");
        let mut served = Served { child, said };
        let waiting = async {
            // The page itself, or the way to the login.
            while Page::get(url).await.is_none_or(|page| page.status != 200 && page.status != 303) {
                assert!(served.child.try_wait().expect("known").is_none(), "{command}: {}", served.said());
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let reached = tokio::time::timeout(2 * PATIENCE, waiting).await;
        assert!(reached.is_ok(), "{command}: nothing at {url}: {}", served.said());
        served
    }
}

/// What a test may find again the next time.
fn kept() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("readme")
}

struct Served {
    child: Child,
    said: PathBuf,
}

impl Served {
    fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.said).expect("kept")).into_owned()
    }

    /// Ends the program as `systemctl stop` would.
    fn end(mut self) {
        let ended = Command::new("sh").args(["-c", "kill -TERM $(pidof marquee)"]).status().expect("sh runs");
        assert!(ended.success(), "there is none");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}: {}", self.said());
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // Already gone after `end`.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs namespaces"]
fn scripts_that_start_the_program_start_it() {
    in_own_machine(concat!(module_path!(), "::scripts_that_start_the_program_start_it"), async {
        let clone = Checkout::new();
        for command in with(|way| matches!(way, Way::Served(_))) {
            let Way::Served(url) = way(&command) else { continue };
            let served = clone.serve(&command, url).await;
            // Said once the pages are there, which may be a moment after they are.
            let greeted = async {
                while !(served.said().contains("http://") && served.said().contains('█')) {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let greeted = tokio::time::timeout(PATIENCE, greeted).await;
            assert!(greeted.is_ok(), "an address and its QR code: {}", served.said());
            if command.ends_with("--window") {
                clone.desktop.until("the splash", |picture| picture.qr_code().is_some()).await;
            }
            for look in with(|way| way == Way::Looks) {
                let output = clone.run(&look);
                let text = String::from_utf8_lossy(&output.stdout);
                assert!(output.status.success() && text.contains(" kB"), "{look}: {text}");
            }
            served.end();
        }
    });
}

#[test]
#[ignore = "needs namespaces"]
fn the_demo_plays() {
    in_own_machine(concat!(module_path!(), "::the_demo_plays"), async {
        // Only what is rendered, which takes a while, is kept from the last time.
        for demo in fs::read_dir(kept().join("marquee/demo")).into_iter().flatten() {
            for entry in fs::read_dir(demo.expect("listed").path()).expect("listed") {
                let path = entry.expect("listed").path();
                match path.file_name().is_some_and(|name| name == "files") {
                    true => {}
                    false if path.is_dir() => fs::remove_dir_all(path).expect("removed"),
                    false => fs::remove_file(path).expect("removed"),
                }
            }
        }
        let clone = Checkout::new();
        for command in with(|way| way == Way::Demo) {
            let url = "http://127.0.0.1:8080/";
            let served = clone.serve(&command, url).await;
            let json = async |path: &str| {
                let page = Page::get(&format!("{url}{path}")).await.expect("it answers");
                assert_eq!(page.status, 200, "without a login: {path}");
                serde_json::from_slice::<Value>(&page.body).expect("JSON")
            };
            assert!(json("api/library").await["totals"]["videos"].as_u64() > Some(3));
            assert_eq!(json("api/playlists").await["playlists"].as_array().map(Vec::len), Some(2));
            assert!(json("api/windows").await["windows"].as_array().is_some_and(|list| !list.is_empty()));
            let tv = Page::get(&format!("{url}tv")).await.expect("it answers");
            assert_eq!(tv.status, 200);
            served.end();
        }
    });
}

#[test]
#[ignore = "needs namespaces"]
fn the_programs_commands_do_what_the_table_says() {
    in_own_machine(concat!(module_path!(), "::the_programs_commands_do_what_the_table_says"), async {
        let clone = Checkout::new();
        // What only the image has.
        let (boot, run) =
            (Mount::tmpfs(Path::new("/boot"), "mode=0755"), Mount::tmpfs(Path::new("/run"), "mode=0755"));
        fs::copy(Path::new(ROOT).join("image/marquee.toml"), "/boot/marquee.toml").expect("copied");
        for command in with(|way| way == Way::Program) {
            // Without what may be left out, and with all of it.
            let least: String =
                command.split('[').map(|part| part.rsplit(']').next().unwrap_or_default()).collect();
            check(&clone, least.trim()).await;
            check(&clone, &command.replace(['[', ']'], "")).await;
        }
        drop((boot, run));
    });
}

/// Runs one of the program's commands with files of ours.
async fn check(clone: &Checkout, command: &str) {
    let words: Vec<&str> = command.split_whitespace().collect();
    let (old, home) = (old_server(), tempfile::tempdir().expect("a folder"));
    let (data, file) = (home.path().join("data"), home.path().join("file"));
    let command = words.join(" ").replace("FOLDER", &old.path().display().to_string());
    let command = command.replace("DIR", &data.display().to_string()).replace("ADDR:PORT", "127.0.0.1:8080");
    let command = command.replace("FILE", &file.display().to_string());
    let import = format!("marquee import --data {} {}", data.display(), old.path().display());
    let toml = Path::new(ROOT).join("image/marquee.toml");
    let run = |command: &str| {
        let output = clone.run(command);
        let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned();
        (output.status.code(), said)
    };
    match words[1] {
        "run" => {
            fs::copy(toml, &file).expect("copied");
            clone.serve(&command, "http://127.0.0.1:8080/").await.end();
        }
        "check-config" => {
            fs::copy(toml, &file).expect("copied");
            let (code, said) = run(&command);
            assert!(code == Some(0) && said.contains("[web]"), "{command}: {said}");
            fs::write(&file, "[device]\nname = 3\n").expect("written");
            let (code, said) = run(&command);
            assert!(code == Some(2) && said.contains(":2"), "{command}: {said}");
        }
        "import" => {
            let (_, said) = run(&command);
            assert!(said.contains("2 taken"), "{command}: {said}");
            let (_, said) = run(&command);
            assert!(said.contains("0 taken"), "a second time changes nothing: {said}");
        }
        "check-library" => {
            run(&import);
            let (code, said) = run(&command);
            assert!(code == Some(0) && said.contains("2 assets"), "{command}: {said}");
        }
        "backup" => {
            run(&import);
            let (code, said) = run(&command);
            assert_eq!(code, Some(0), "{command}: {said}");
            let (code, said) = run(&format!("tar tf {}", file.display()));
            assert!(code == Some(0) && said.contains("library.db"), "{command}: {said}");
        }
        "restore" => {
            let from = home.path().join("from");
            run(&import.replace(&data.display().to_string(), &from.display().to_string()));
            run(&format!("marquee backup --data {} {}", from.display(), file.display()));
            let (code, said) = run(&command);
            assert!(code == Some(0) && said.contains("2 assets"), "{command}: {said}");
        }
        "apply-system" => {
            let (code, said) = run(&command);
            assert_eq!(code, Some(0), "{command}: {said}");
            assert_eq!(fs::read_to_string("/run/marquee-system/hostname").expect("written"), "marquee\n");
        }
        "probe" => {
            let (code, said) = run(&command);
            assert!(code == Some(0) && said.to_lowercase().contains("encoder"), "{command}: {said}");
            if command.contains("--json") {
                let output = clone.run(&command);
                serde_json::from_slice::<Value>(&output.stdout).expect("JSON");
            }
        }
        _ => panic!("no test knows `{command}`"),
    }
}
