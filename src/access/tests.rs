//! Who gets in, and who does not.

use std::net::Ipv4Addr;

use super::*;

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn open(folder: &Path) -> Access {
    Access::open(Some(folder), Settings { login: true, password: None }).unwrap()
}

#[test]
fn nobody_is_told_to_come_too_early() {
    let seconds = [0, 1, 1000, 1001, 1999, 2000].map(|ms| whole_seconds(Duration::from_millis(ms)));
    assert_eq!(seconds, [0, 1, 1, 2, 2, 2]);
}

#[tokio::test]
async fn the_first_visitor_needs_the_code_and_there_is_no_second_first() {
    let folder = tempfile::tempdir().unwrap();
    let access = open(folder.path());
    let code = access.setup_code().unwrap().to_owned();
    assert_eq!(access.set_up(FROM, "nonsense", "long enough").await.unwrap_err(), Error::WrongCode);
    let short = access.set_up(FROM, &code, "short").await;
    assert!(matches!(short, Err(Error::Invalid { .. })));
    let session = access.set_up(FROM, &code, "long enough").await.unwrap();
    assert_eq!(access.by_session(session.reveal()), Some(Right::Admin));
    assert_eq!(access.set_up(FROM, &code, "another one").await.unwrap_err(), Error::NotInSetup);
    assert_eq!(access.setup_code(), None);
}

#[tokio::test]
async fn sessions_tokens_and_links_survive_a_restart_and_end_when_told() {
    let folder = tempfile::tempdir().unwrap();
    let access = open(folder.path());
    let code = access.setup_code().unwrap().to_owned();
    access.set_up(FROM, &code, "long enough").await.unwrap();
    let session = access.log_in(FROM, "long enough").await.unwrap();
    let (token, token_secret) = access.grant(GrantKind::Token, "robot", Right::View).unwrap();
    let (link, link_secret) = access.grant(GrantKind::Link, "guests", Right::View).unwrap();
    let access = open(folder.path());
    assert_eq!(access.by_session(session.reveal()), Some(Right::Admin));
    assert_eq!(access.by_token(token_secret.reveal()), Some(Right::View));
    assert_eq!(access.by_link(link_secret.reveal()), Some(Right::View));
    assert_eq!(access.by_token(link_secret.reveal()), None, "each only where it belongs");
    assert_eq!(access.grants(GrantKind::Token), std::slice::from_ref(&token));
    access.withdraw(GrantKind::Token, &token.id).unwrap();
    access.withdraw(GrantKind::Link, &link.id).unwrap();
    access.log_out(session.reveal());
    assert_eq!(access.by_token(token_secret.reveal()), None);
    assert_eq!(access.by_link(link_secret.reveal()), None);
    assert_eq!(access.by_session(session.reveal()), None);
    assert_eq!(access.withdraw(GrantKind::Link, &link.id), Err(Error::NotFound));
}

#[tokio::test]
async fn a_new_password_ends_all_sessions() {
    let folder = tempfile::tempdir().unwrap();
    let access = open(folder.path());
    let code = access.setup_code().unwrap().to_owned();
    let first = access.set_up(FROM, &code, "long enough").await.unwrap();
    let second = access.change_password(FROM, "long enough", "long enough 2", false).await.unwrap();
    assert_eq!(access.by_session(first.reveal()), None);
    assert_eq!(access.by_session(second.reveal()), Some(Right::Admin));
    assert_eq!(access.log_in(FROM, "long enough").await.unwrap_err(), Error::WrongPassword);
    access.log_in(FROM, "long enough 2").await.unwrap();
}

#[tokio::test]
async fn tokens_and_links_may_end_with_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let access = open(folder.path());
    let code = access.setup_code().unwrap().to_owned();
    access.set_up(FROM, &code, "long enough").await.unwrap();
    let (_, secret) = access.grant(GrantKind::Token, "robot", Right::View).unwrap();
    let mut changes = access.changes();
    access.change_password(FROM, "long enough", "long enough 2", false).await.unwrap();
    assert!(changes.has_changed().unwrap() && access.by_token(secret.reveal()).is_some());
    changes.mark_unchanged();
    access.change_password(FROM, "long enough 2", "long enough 3", true).await.unwrap();
    assert!(changes.has_changed().unwrap() && access.by_token(secret.reveal()).is_none());
}

#[tokio::test]
async fn another_password_in_the_configuration_ends_the_sessions_of_the_one_before() {
    let folder = tempfile::tempdir().unwrap();
    let fixed = |password: Option<&str>| Settings { login: true, password: password.map(str::to_owned) };
    let started = async |password| {
        let access = Access::open(Some(folder.path()), fixed(password)).unwrap();
        access.settle().await;
        access
    };
    let access = started(Some("the first")).await;
    let session = access.log_in(FROM, "the first").await.unwrap();
    access.follow(fixed(Some("the first"))).await;
    assert!(access.by_session(session.reveal()).is_some(), "nothing has changed");
    assert!(started(Some("the first")).await.by_session(session.reveal()).is_some());
    access.follow(fixed(Some("another"))).await;
    assert_eq!(access.by_session(session.reveal()), None);

    let session = access.log_in(FROM, "another").await.unwrap();
    // While it did not run.
    let access = started(Some("a third")).await;
    assert_eq!(access.by_session(session.reveal()), None);
    let session = access.log_in(FROM, "a third").await.unwrap();
    assert_eq!(started(None).await.by_session(session.reveal()), None);
}

#[tokio::test]
async fn whoever_guesses_has_to_wait_longer_and_longer() {
    let access = Access::open(None, Settings { login: true, password: Some("right".to_owned()) }).unwrap();
    for _ in 0..5 {
        assert_eq!(access.log_in(FROM, "wrong").await.unwrap_err(), Error::WrongPassword);
    }
    assert!(matches!(access.log_in(FROM, "right").await, Err(Error::TooMany { .. })));
    let other = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    access.log_in(other, "right").await.unwrap();
}

/// Guesses that are sent all at once, from one address and from many.
#[tokio::test(flavor = "multi_thread")]
async fn guesses_at_once_are_counted_and_hold_up_no_known_address() {
    let folder = tempfile::tempdir().unwrap();
    let access = std::sync::Arc::new(open(folder.path()));
    let code = access.setup_code().unwrap().to_owned();
    access.set_up(FROM, &code, "long enough").await.unwrap();
    let guess = |number: u32| {
        let access = std::sync::Arc::clone(&access);
        let from = IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 | number));
        tokio::spawn(async move { access.log_in(from, "a guess").await.unwrap_err() })
    };
    let one: Vec<_> = (0..50).map(|_| guess(1)).collect();
    let many: Vec<_> = (2..200).map(guess).collect();
    access.log_in(FROM, "long enough").await.unwrap();
    let (mut looked_at, mut refused) = (0, 0);
    for task in one.into_iter().chain(many) {
        match task.await.unwrap() {
            Error::WrongPassword => looked_at += 1,
            Error::Busy | Error::TooMany { .. } => refused += 1,
            error => panic!("{error}"),
        }
    }
    assert!(looked_at >= 1 && refused >= 50 - 5, "{looked_at} looked at, {refused} refused");
}

#[tokio::test]
async fn nobody_gets_in_by_a_damaged_file_and_the_code_leads_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("access.toml");
    open(folder.path());
    for text in [
        "password = 7",
        "password = \"not a hash\"",
        "\u{0}\u{0}\u{0}",
        "other = 1",
        "[[session]]\nid = \"\"\nname = \"\"\nright = \"king\"\nhash = \"\"\ncreated = 1\nused = 1",
        &"#".repeat(1 << 20),
    ] {
        std::fs::write(&path, text).unwrap();
        let access = open(folder.path());
        assert!(matches!(access.log_in(FROM, "").await, Err(Error::Damaged(_))), "{text:.20}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "it is kept until there is another");
        let code = access.setup_code().unwrap().to_owned();
        access.set_up(FROM, &code, "long enough").await.unwrap();
        assert_eq!((access.damaged(), access.setup_code()), (None, None));
        open(folder.path()).log_in(FROM, "long enough").await.unwrap();
        let aside = std::fs::read_to_string(path.with_extension("toml.damaged")).unwrap();
        assert_eq!(aside, text);
    }
}

#[tokio::test]
async fn with_a_damaged_file_the_password_of_the_configuration_is_right() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("access.toml"), "password = 7").unwrap();
    let settings = Settings { login: true, password: Some("of the file".to_owned()) };
    let access = Access::open(Some(folder.path()), settings).unwrap();
    assert_eq!((access.phase(), access.setup_code()), (Phase::Login, None));
    access.log_in(FROM, "of the file").await.unwrap();
    assert_eq!(access.damaged(), None);
}

#[tokio::test]
async fn a_disk_that_takes_nothing_locks_nobody_out_and_lets_nobody_stay() {
    let folder = tempfile::tempdir().unwrap();
    let access = open(folder.path());
    let code = access.setup_code().unwrap().to_owned();
    access.set_up(FROM, &code, "long enough").await.unwrap();
    let (token, secret) = access.grant(GrantKind::Token, "robot", Right::View).unwrap();
    // A folder in the way of the new file fails for whoever runs the tests.
    let way = folder.path().join("access.toml.new");
    std::fs::create_dir(&way).unwrap();
    let session = access.log_in(FROM, "long enough").await.unwrap();
    assert_eq!(access.by_session(session.reveal()), Some(Right::Admin));
    assert!(access.unwritten().is_some());
    assert!(matches!(access.grant(GrantKind::Link, "guests", Right::View), Err(Error::Write(_))));
    let changed = access.change_password(FROM, "long enough", "long enough 2", false).await;
    assert!(matches!(changed, Err(Error::Write(_))));
    assert!(matches!(access.withdraw(GrantKind::Token, &token.id), Err(Error::Unwritten(_))));
    assert_eq!(access.by_token(secret.reveal()), None);
    access.log_out(session.reveal());
    assert_eq!(access.by_session(session.reveal()), None);

    std::fs::remove_dir(way).unwrap();
    access.log_in(FROM, "long enough").await.unwrap();
    assert_eq!(access.unwritten(), None);
    let access = open(folder.path());
    assert_eq!(access.by_token(secret.reveal()), None, "what could not be written then is written now");
}

#[test]
fn without_a_login_everybody_is_the_admin() {
    let access = Access::open(None, Settings::default()).unwrap();
    assert_eq!((access.phase(), access.setup_code()), (Phase::Open, None));
}
