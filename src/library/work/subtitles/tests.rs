//! Subtitles as they are found in the wild.

use super::*;

fn cue(start_ms: u64, end_ms: u64, text: &str) -> Cue {
    Cue { start_ms, end_ms, text: text.to_owned() }
}

#[test]
fn subrip_becomes_webvtt() {
    let srt = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Hello</i> & <font color=\"red\">you</font>\r\n{\\an8}a < b\r\n\r\n\
               2\r\n01:02:03,4 --> 01:02:05,000 X1:0\r\n- Yes --> no\r\n";
    let cues = read(srt);
    let expected =
        [cue(1000, 2500, "<i>Hello</i> &amp; you\na &lt; b"), cue(3_723_400, 3_725_000, "- Yes --&gt; no")];
    assert_eq!(cues, expected);
    let vtt = "WEBVTT\n\n00:00:01.000 --> 00:00:02.500\n<i>Hello</i> &amp; you\na &lt; b\n\n\
               01:02:03.400 --> 01:02:05.000\n- Yes --&gt; no\n";
    assert_eq!(write_vtt(&cues), vtt);
    assert_eq!(read(vtt), expected, "and is read back");
}

#[test]
fn webvtt_loses_what_is_not_text() {
    let vtt = "WEBVTT - a title\n\nSTYLE\n::cue { background: url(http://example.org/) }\n\nNOTE a --> b\n\n\
               intro\n00:01.000 --> 00:02.000 line:0 position:20%\n<v Roger>Hi</v> <00:01.500><c.loud>there</c>\n";
    assert_eq!(read(vtt), [cue(1000, 2000, "Hi there")]);
}

#[test]
fn sloppy_files_are_read_as_far_as_they_make_sense() {
    for (srt, expected) in [
        ("", vec![]),
        ("WEBVTT", vec![]),
        ("00:00:02,000 --> 00:00:01,000\nbackwards", vec![]),
        ("00:00:61,000 --> 00:02:01,000\nno time", vec![]),
        ("00:00:01,000 --> 00:00:02,000\n\n", vec![]),
        (
            "00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\ntwo",
            vec![cue(1000, 2000, "one"), cue(3000, 4000, "two")],
        ),
        (
            "00:00:03,000 --> 00:00:04,000\nlater\n\n00:00:01,000 --> 00:00:02,000\nsooner",
            vec![cue(1000, 2000, "sooner"), cue(3000, 4000, "later")],
        ),
        ("00:00:01.000 --> 9999:00:00.000\nlong", vec![cue(1000, TIME_MS_MAX, "long")]),
        (
            "00:00:01.000 --> 00:00:02.000\n<b>open &lt;script&gt;",
            vec![cue(1000, 2000, "<b>open &lt;script&gt;")],
        ),
        ("00:00:01.000 --> 00:00:02.000\n<script>alert(1)</script>", vec![cue(1000, 2000, "alert(1)")]),
        ("00:00:01.000 --> 00:00:02.000\n<<b>>", vec![cue(1000, 2000, "&lt;<b>&gt;")]),
        ("00:00:01.000 --> 00:00:02.000\n&{<", vec![cue(1000, 2000, "&amp;{&lt;")]),
    ] {
        assert_eq!(read(srt), expected, "{srt}");
    }
}

#[test]
fn old_encodings_are_understood() {
    let line = |text: &[u8]| [b"1\n00:00:01,000 --> 00:00:02,000\n", text].concat();
    let shown = |bytes: &[u8]| read(&decode(bytes)).pop().map(|cue| cue.text);
    assert_eq!(shown(&line("Grüße".as_bytes())).as_deref(), Some("Grüße"));
    assert_eq!(shown(&line(b"Gr\xfc\xdfe \x80")).as_deref(), Some("Grüße €"));
    let wide: Vec<u8> =
        "\u{feff}00:01,000 --> 00:02,000\né".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(shown(&wide).as_deref(), Some("é"));
}

#[test]
fn any_bytes_are_read_without_a_panic() {
    let sample = "1\n00:00:01,000 --> 00:00:02,000\n<i>é&amp;{\\an8}</i>\n\n".repeat(3).into_bytes();
    let mut state = 0x9e37_79b9_u32;
    for _ in 0..5000 {
        let mut bytes = sample.clone();
        for _ in 0..4 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let at = (state >> 8) as usize % bytes.len();
            bytes[at] = (state >> 24) as u8;
        }
        let vtt = write_vtt(&read(&decode(&bytes)));
        assert_eq!(vtt, write_vtt(&read(&vtt)), "what is written stays the same when it is read");
    }
}

#[test]
fn events_of_substation_alpha_are_text() {
    let event = "0,0,Default,,0,0,0,,{\\i1}Hello,{\\i0}\\Nworld\\h!";
    assert_eq!(from_ass(event), "Hello,\nworld\u{a0}!");
    assert_eq!(from_ass("no event"), "");
}

#[test]
fn languages_are_known_by_their_codes() {
    for (code, expected) in [
        ("en", Some("en")),
        ("ger", Some("de")),
        ("pt-BR", Some("pt-BR")),
        ("zh_Hans", Some("zh-Hans")),
        ("und", None),
        ("", None),
        ("English", None),
        ("e<", None),
        ("en-\"><script>", None),
    ] {
        assert_eq!(language(code).as_deref(), expected, "{code}");
    }
}

#[test]
fn a_file_of_subtitles_is_called_like_its_video() {
    let check = |file_name: &str, expected: &[(&str, &str)]| {
        let expected: Vec<_> =
            expected.iter().map(|(name, code)| ((*name).to_owned(), (*code).to_owned())).collect();
        assert_eq!(names(file_name), expected, "{file_name}");
    };
    check("Film.srt", &[("Film", "")]);
    check("a/b\\Film.en.srt", &[("Film.en", ""), ("Film", "en")]);
    check("Film.2001.srt", &[("Film.2001", "")]);
    check("Film.pt-BR.forced.vtt", &[("Film.pt-BR.forced", ""), ("Film", "pt-BR")]);
    check("srt", &[]);
}
