//! Text tracks inside a video, as files of WebVTT.

use super::{Problem, say, video};
use crate::library::content::Content;
use crate::library::work::subtitles::{Cue, from_ass, write_vtt};
use crate::library::work::{Errand, Line};
use crate::pipeline::file::texts::{self as files, Format, Track};

pub(super) fn texts(errand: &Errand, content: Content) -> Result<(), Problem> {
    let tracks = files::read(&errand.input, video::container(content)).map_err(video::problem)?;
    let mut number = 0;
    for track in tracks {
        let cues = cues(&track);
        if cues.is_empty() {
            continue;
        }
        number += 1;
        std::fs::write(errand.output.join(format!("text-{number}.vtt")), write_vtt(&cues))?;
        say(&Line::Text { language: track.language, label: track.title });
    }
    Ok(())
}

fn cues(track: &Track) -> Vec<Cue> {
    let cue = |raw: &files::RawCue| match track.format {
        Format::Plain => Cue::new(raw.start_ms, raw.end_ms, &raw.text, false),
        Format::Markup => Cue::new(raw.start_ms, raw.end_ms, &raw.text, true),
        Format::Ass => Cue::new(raw.start_ms, raw.end_ms, &from_ass(&raw.text), false),
    };
    track.cues.iter().filter_map(cue).collect()
}
