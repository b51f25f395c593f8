//! The message and its templates.

use super::*;
use crate::library::Use;
use crate::library::signage::TEMPLATES_MAX;
use crate::program::{Message, Shown, Template};

#[tokio::test]
async fn there_is_one_message_and_its_id_is_never_given_twice() {
    let shelf = shelf();
    let screens = shelf.screens(2).await;
    let message = |screens, groups, playlist| {
        let text = Some(" Closing \n\tsoon ".to_owned());
        let shown = Shown { text, playlist, target: Target::of(screens, groups) };
        Message { id: 0, shown, from_ms: 5, until_ms: Some(6) }
    };
    let twice = message(Some(vec![screens[1], screens[1]]), None, None);
    let first = shelf.library.put_message(twice).await.unwrap();
    let kept = shelf.library.snapshot().await.unwrap().message.unwrap().shown;
    assert_eq!(kept.text.as_deref(), Some("Closing\nsoon"));
    assert_eq!(kept.target, Target::of(Some(vec![screens[1]]), None));
    shelf.library.clear_message().await.unwrap();
    assert_eq!(shelf.library.snapshot().await.unwrap().message, None);
    let second = shelf.library.put_message(message(None, None, None)).await.unwrap();
    let third = shelf.library.put_message(message(None, None, None)).await.unwrap();
    assert!(first < second && second < third);
    let kept = shelf.library.snapshot().await.unwrap().message.unwrap();
    assert_eq!((kept.id, kept.shown.target), (third, Target::of(None, None)));
    let wrong = shelf.library.put_message(message(None, None, Some(9))).await;
    assert!(matches!(wrong, Err(Error::Invalid { what: "playlist", .. })));
    let wrong = shelf.library.put_message(message(None, Some(vec![9]), None)).await;
    assert!(matches!(wrong, Err(Error::Invalid { what: "groups", .. })));
    assert_eq!(shelf.library.snapshot().await.unwrap().message.unwrap().id, third, "it is left as it was");
    let group = shelf.library.add_group("Hall", vec![screens[0]]).await.unwrap();
    shelf.library.put_message(message(None, Some(vec![group]), None)).await.unwrap();
    let kept = shelf.library.message().await.unwrap().unwrap().shown;
    assert_eq!(kept.target, Target::of(None, Some(vec![group])));
    shelf.library.remove_group(group).await.unwrap();
    assert_eq!(shelf.library.message().await.unwrap(), None, "for nobody any more");
}

#[tokio::test]
async fn a_template_is_kept_changed_and_taken_away() {
    let shelf = shelf();
    let screens = shelf.screens(1).await;
    let group = shelf.library.add_group("Hall", Vec::new()).await.unwrap();
    let list = shelf.library.add_playlist(playlist(Vec::new())).await.unwrap();
    let target = Target::of(Some(vec![screens[0]]), Some(vec![group]));
    let shown = Shown { text: Some(" Out! ".to_owned()), playlist: Some(list), target: target.clone() };
    let template = Template { id: 0, name: " Fire ".to_owned(), shown, minutes: Some(15) };
    let id = shelf.library.add_template(template.clone()).await.unwrap();
    let kept = shelf.library.template(id).await.unwrap();
    assert_eq!((kept.name.as_str(), kept.shown.text.as_deref()), ("Fire", Some("Out!")));
    assert_eq!((kept.shown.target.clone(), kept.minutes), (target, Some(15)));
    let in_use = shelf.library.remove_playlist(list).await;
    assert!(matches!(in_use, Err(Error::InUse { used: Use::Template, .. })));
    let calm = Shown { text: Some("All clear".to_owned()), ..Shown::default() };
    let everywhere = Shown { target: Target::of(None, None), ..calm.clone() };
    let second = Template { id, name: "Calm".to_owned(), shown: everywhere.clone(), minutes: None };
    shelf.library.put_template(second.clone()).await.unwrap();
    assert_eq!(shelf.library.templates().await.unwrap(), std::slice::from_ref(&second));
    shelf.library.remove_playlist(list).await.unwrap();
    for (wrong, what) in [
        (Template { name: " ".to_owned(), ..second.clone() }, "name"),
        (Template { shown: calm, ..second.clone() }, "screens"),
        (Template { minutes: Some(0), ..second.clone() }, "minutes"),
    ] {
        let said = shelf.library.put_template(wrong).await;
        assert!(matches!(said, Err(Error::Invalid { what: said, .. }) if said == what), "{what}: {said:?}");
    }
    let nobody = shelf.library.put_template(Template { id: 99, ..second.clone() }).await;
    assert!(matches!(nobody, Err(Error::NoSuch("template"))));
    shelf.library.remove_template(id).await.unwrap();
    assert!(matches!(shelf.library.remove_template(id).await, Err(Error::NoSuch("template"))));
    assert_eq!(shelf.library.templates().await.unwrap(), []);
    for _ in 0..TEMPLATES_MAX {
        shelf.library.add_template(second.clone()).await.unwrap();
    }
    let full = shelf.library.add_template(second).await;
    assert!(matches!(full, Err(Error::TooMany { what: "templates", .. })));
}

#[tokio::test]
async fn a_template_outlives_the_last_of_its_screens() {
    let shelf = shelf();
    let group = shelf.library.add_group("Hall", Vec::new()).await.unwrap();
    let shown = Shown { text: Some("Out!".to_owned()), ..Shown::default() };
    let shown = Shown { target: Target::of(None, Some(vec![group])), ..shown };
    let template = Template { id: 0, name: "Fire".to_owned(), shown, minutes: None };
    let id = shelf.library.add_template(template).await.unwrap();
    shelf.library.remove_group(group).await.unwrap();
    assert_eq!(shelf.library.template(id).await.unwrap().shown.target, Target::default());
}
