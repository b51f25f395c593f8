//! What is filled into a PDF's form and has no picture in the file: `NeedAppearances` says that who shows it draws it
//! (ISO 32000-1, 12.7.2). Becomes SVG in the page's own coordinates.

use std::fmt::Write as _;

use hayro::hayro_syntax::Pdf;
use hayro::hayro_syntax::object::{Array, Dict, Name, Object, Rect, Stream, String as Text};
use hayro::hayro_syntax::page::Page;

/// Of one page: a form of more is none that a person fills in.
const FIELDS_MAX: usize = 2000;
/// Of one field: what is beyond does not fit on it anyway.
const TEXT_CHARS_MAX: usize = 10_000;
const LINES_MAX: usize = 200;
/// Fields get what they do not say from those that they are parts of; more steps are a circle.
const PARENTS_MAX: usize = 16;
/// Of a letter's height: the mean width of Inter's letters, and how far lines are apart.
const LETTER_WIDTH: f64 = 0.52;
const LINE_HEIGHT: f64 = 1.2;
const PADDING: f64 = 2.0;

const HIDDEN_OR_NO_VIEW: u32 = 1 << 1 | 1 << 5;
const MULTILINE: u32 = 1 << 12;
const PASSWORD: u32 = 1 << 13;
const RADIO: u32 = 1 << 15;
const PUSH_BUTTON: u32 = 1 << 16;

/// What the document says of all its fields.
pub(super) struct Form {
    /// Pictures of fields that have some may be older than what is filled in.
    needs_appearances: bool,
    appearance: String,
}

impl Form {
    pub(super) fn of(pdf: &Pdf) -> Self {
        let root: Option<Dict<'_>> = pdf.xref().get(pdf.xref().root_id());
        let form = root.and_then(|root| root.get::<Dict<'_>>("AcroForm"));
        let appearance = form.as_ref().and_then(|form| form.get::<Text<'_>>("DA"));
        Self {
            needs_appearances: form.and_then(|form| form.get("NeedAppearances")).unwrap_or(false),
            appearance: appearance.map(|text| decoded(&text)).unwrap_or_default(),
        }
    }

    /// The fields of a page that the file has no picture of; `None`: there are none.
    pub(super) fn missing(&self, page: &Page<'_>) -> Option<String> {
        let annotations: Array<'_> = page.raw().get("Annots")?;
        let fields = annotations.iter::<Dict<'_>>().take(FIELDS_MAX);
        let svg: String = fields.filter_map(|field| self.field(&field)).collect();
        (!svg.is_empty()).then_some(svg)
    }

    fn field(&self, field: &Dict<'_>) -> Option<String> {
        let kind: Name<'_> = field.get("Subtype")?;
        let is_text_box = kind.as_str() == "FreeText";
        let hidden = field.get::<u32>("F").unwrap_or(0) & HIDDEN_OR_NO_VIEW != 0;
        if hidden || !is_text_box && kind.as_str() != "Widget" {
            return None;
        }
        let value = if is_text_box { text_of(field.get("Contents")) } else { value(field) };
        let stale = self.needs_appearances && !value.is_empty();
        if picture(field).is_some_and(|picture| !(stale && is_textless(&picture))) {
            return None;
        }
        let place = Place::of(field)?;
        let type_name: Option<Name<'_>> = inherited(field, "FT");
        let mut svg = place.begin();
        place.ground(field, &mut svg);
        match type_name.as_ref().map_or("Tx", |name| name.as_str()) {
            "Btn" => button(field, &place, &mut svg),
            "Sig" => return None,
            _ => self.text(field, &place, &value, is_text_box, &mut svg),
        }
        svg.push_str("</g>");
        Some(svg)
    }

    fn text(&self, field: &Dict<'_>, place: &Place, value: &str, is_text_box: bool, svg: &mut String) {
        let flags: u32 = inherited(field, "Ff").unwrap_or(0);
        let own: Option<Text<'_>> = inherited(field, "DA");
        let style = Style::of(&own.map_or_else(|| self.appearance.clone(), |text| decoded(&text)));
        let shown = match flags & PASSWORD {
            0 => value.to_owned(),
            _ => "*".repeat(value.chars().count()),
        };
        let multiline = is_text_box || flags & MULTILINE != 0;
        let size = style.size.unwrap_or_else(|| place.size_for(&shown, multiline));
        let lines =
            if multiline { wrapped(&shown, place.width, size) } else { vec![shown.replace('\n', " ")] };
        let (x, anchor) = match inherited::<i32>(field, "Q") {
            Some(1) => (place.width / 2.0, "middle"),
            Some(2) => (place.width - PADDING, "end"),
            _ => (PADDING, "start"),
        };
        let mut y = if multiline { PADDING + size } else { place.height / 2.0 + size * 0.36 };
        for line in lines.iter().take(LINES_MAX) {
            text_line(svg, (x, y), anchor, size, &style.color, line);
            y += size * LINE_HEIGHT;
        }
    }
}

fn text_line(svg: &mut String, (x, y): (f64, f64), anchor: &str, size: f64, color: &str, text: &str) {
    let text = escaped(text);
    // Writing into a string can't fail.
    let _ = write!(
        svg,
        "<text x='{x:.2}' y='{y:.2}' text-anchor='{anchor}' font-size='{size:.2}' fill='{color}' xml:space='preserve'>{text}</text>"
    );
}

/// Where a field is: the page's y goes up, that of what is drawn within goes down.
struct Place {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    /// Counter-clockwise, by right angles.
    turned: i32,
}

impl Place {
    fn of(field: &Dict<'_>) -> Option<Self> {
        let rect: Rect = field.get("Rect")?;
        let (width, height) = (rect.x1 - rect.x0, rect.y1 - rect.y0);
        let sized = |side: f64| side.is_finite() && (1.0..100_000.0).contains(&side);
        let placed = rect.x0.is_finite() && rect.y0.is_finite();
        let turned = look(field).and_then(|look| look.get::<i32>("R")).unwrap_or(0).rem_euclid(360) / 90;
        let (width, height) = if turned % 2 == 0 { (width, height) } else { (height, width) };
        (placed && sized(width) && sized(height)).then_some(Self {
            x: rect.x0,
            y: rect.y0,
            width,
            height,
            turned,
        })
    }

    fn begin(&self) -> String {
        let (w, h) = (self.width, self.height);
        let [a, b, c, d, e, f] = match self.turned {
            1 => [0.0, 1.0, 1.0, 0.0, 0.0, 0.0],
            2 => [-1.0, 0.0, 0.0, 1.0, w, 0.0],
            3 => [0.0, -1.0, -1.0, 0.0, h, w],
            _ => [1.0, 0.0, 0.0, -1.0, 0.0, h],
        };
        format!("<g transform='matrix({a} {b} {c} {d} {} {})'>", e + self.x, f + self.y)
    }

    fn ground(&self, field: &Dict<'_>, svg: &mut String) {
        let Some(look) = look(field) else { return };
        let fill = color(&look, "BG").unwrap_or_else(|| "none".to_owned());
        let width = field.get::<Dict<'_>>("BS").and_then(|style| style.get::<f32>("W")).unwrap_or(1.0);
        let width = if width.is_finite() { width.clamp(0.0, 20.0) } else { 1.0 };
        let border = color(&look, "BC").unwrap_or_else(|| "none".to_owned());
        let _ = write!(
            svg,
            "<rect width='{}' height='{}' fill='{fill}' stroke='{border}' stroke-width='{width}'/>",
            self.width, self.height
        );
    }

    /// For a field that says "as large as fits".
    fn size_for(&self, text: &str, multiline: bool) -> f64 {
        if multiline {
            return 12_f64.min(self.height * 0.7);
        }
        let by_width = (self.width - 2.0 * PADDING) / (text.chars().count().max(1) as f64 * LETTER_WIDTH);
        (self.height * 0.7).min(by_width).max(4.0)
    }
}

fn button(field: &Dict<'_>, place: &Place, svg: &mut String) {
    let flags: u32 = inherited(field, "Ff").unwrap_or(0);
    let caption = look(field).and_then(|look| look.get::<Text<'_>>("CA")).map(|text| decoded(&text));
    let (w, h) = (place.width, place.height);
    if flags & PUSH_BUTTON != 0 {
        let caption = caption.unwrap_or_default();
        let size = place.size_for(&caption, false).min(12.0);
        text_line(svg, (w / 2.0, h / 2.0 + size * 0.36), "middle", size, "#000", &caption);
        return;
    }
    let state: Option<Name<'_>> = field.get("AS").or_else(|| inherited(field, "V"));
    if state.is_none_or(|state| state.as_str() == "Off") {
        return;
    }
    // Letters of the font ZapfDingbats.
    let side = w.min(h);
    let (x, y) = (w / 2.0, h / 2.0);
    let otherwise = if flags & RADIO == 0 { "4" } else { "l" };
    let mark = match caption.as_deref().filter(|caption| !caption.is_empty()).unwrap_or(otherwise) {
        "l" | "m" => format!("<circle cx='{x}' cy='{y}' r='{}'/>", side * 0.3),
        "8" | "5" | "6" | "7" => cross(x, y, side * 0.3, side * 0.12),
        "n" | "u" | "H" => {
            format!(
                "<rect x='{}' y='{}' width='{}' height='{}'/>",
                x - side * 0.3,
                y - side * 0.3,
                side * 0.6,
                side * 0.6
            )
        }
        _ => format!(
            "<path d='M {} {} L {} {} L {} {}' fill='none' stroke='#000' stroke-width='{}'/>",
            x - side * 0.3,
            y,
            x - side * 0.08,
            y + side * 0.25,
            x + side * 0.32,
            y - side * 0.3,
            side * 0.12
        ),
    };
    svg.push_str(&mark);
}

fn cross(x: f64, y: f64, half: f64, width: f64) -> String {
    let (left, right, top, bottom) = (x - half, x + half, y - half, y + half);
    format!(
        "<path d='M {left} {top} L {right} {bottom} M {left} {bottom} L {right} {top}' stroke='#000' stroke-width='{width}'/>"
    )
}

/// How a field's text looks: `/Helv 12 Tf 0 0 1 rg`.
struct Style {
    /// `None`: as large as fits.
    size: Option<f64>,
    color: String,
}

impl Style {
    fn of(appearance: &str) -> Self {
        let mut style = Self { size: None, color: "#000".to_owned() };
        let mut numbers: Vec<f32> = Vec::new();
        for word in appearance.split_whitespace() {
            match word {
                "Tf" => {
                    style.size = numbers
                        .last()
                        .map(|size| f64::from(*size))
                        .filter(|size| (1.0..1000.0).contains(size));
                }
                "g" | "rg" | "k" => style.color = color_of(&numbers).unwrap_or(style.color),
                number => match number.parse::<f32>() {
                    Ok(number) if number.is_finite() && numbers.len() < 4 => numbers.push(number),
                    _ => numbers.clear(),
                },
            }
            if matches!(word, "Tf" | "g" | "rg" | "k") {
                numbers.clear();
            }
        }
        style
    }
}

fn look<'a>(field: &Dict<'a>) -> Option<Dict<'a>> {
    field.get("MK")
}

fn color(look: &Dict<'_>, key: &str) -> Option<String> {
    let parts: Array<'_> = look.get(key)?;
    color_of(&parts.iter::<f32>().take(4).collect::<Vec<_>>())
}

/// Gray, red-green-blue or inks, each from 0 to 1; none: transparent.
fn color_of(parts: &[f32]) -> Option<String> {
    let [red, green, blue] = match *parts {
        [gray] => [gray; 3],
        [red, green, blue] => [red, green, blue],
        [cyan, magenta, yellow, black] => [cyan, magenta, yellow].map(|ink| (1.0 - ink) * (1.0 - black)),
        _ => return None,
    };
    let part = |part: f32| (part.clamp(0.0, 1.0) * 255.0).round() as u8;
    Some(format!("#{:02x}{:02x}{:02x}", part(red), part(green), part(blue)))
}

/// What a field says itself, or what it is a part of.
fn inherited<'a, T>(field: &Dict<'a>, key: &str) -> Option<T>
where
    T: TryFrom<Object<'a>>,
{
    let mut at = field.clone();
    for _ in 0..PARENTS_MAX {
        if let Some(found) = at.get::<Object<'_>>(key) {
            return T::try_from(found).ok();
        }
        at = at.get("Parent")?;
    }
    None
}

fn value(field: &Dict<'_>) -> String {
    let value = inherited::<Object<'_>>(field, "V");
    let chosen = text_of(value);
    // Of a list, what is seen may be called otherwise than what is sent.
    let options: Option<Array<'_>> = inherited(field, "Opt");
    let pairs = options.into_iter().flat_map(|options| options.iter::<Array<'_>>().collect::<Vec<_>>());
    let named = pairs.take(FIELDS_MAX).find_map(|pair| {
        let mut texts = pair.iter::<Text<'_>>();
        (decoded(&texts.next()?) == chosen).then(|| texts.next().map(|text| decoded(&text)))?
    });
    named.unwrap_or(chosen)
}

fn text_of(value: Option<Object<'_>>) -> String {
    match value {
        Some(Object::String(text)) => decoded(&text),
        Some(Object::Stream(stream)) => stream.decoded().map(|bytes| decoded(&bytes)).unwrap_or_default(),
        Some(Object::Array(all)) => {
            let texts = all.iter::<Text<'_>>().take(LINES_MAX).map(|text| decoded(&text));
            texts.collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

/// The picture of a field in its present state.
fn picture<'a>(field: &Dict<'a>) -> Option<Stream<'a>> {
    match field.get::<Dict<'_>>("AP")?.get::<Object<'_>>("N")? {
        Object::Stream(stream) => Some(stream),
        Object::Dict(states) => {
            let state: Option<Name<'_>> = field.get("AS");
            state
                .and_then(|state| states.get::<Stream<'_>>(state))
                .or_else(|| states.get::<Stream<'_>>("Off"))
        }
        _ => None,
    }
}

/// Whether no text is shown in it, nor anything that may hold some.
fn is_textless(picture: &Stream<'_>) -> bool {
    let Ok(drawn) = picture.decoded() else { return false };
    let mut words = drawn.split(|byte| byte.is_ascii_whitespace() || b")]>".contains(byte));
    !words.any(|word| matches!(word, b"Tj" | b"TJ" | b"'" | b"\"" | b"Do"))
}

/// A PDF's text: UTF-16 or UTF-8 by its mark, else Latin with the letters of PDFDocEncoding (ISO 32000-1, annex D.2).
fn decoded(bytes: &[u8]) -> String {
    const FROM_128: [char; 32] = [
        '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ',
        'ﬂ', 'Ł', 'Œ', 'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž', ' ',
    ];
    let text: String = match bytes {
        [0xfe, 0xff, ..] | [0xff, 0xfe, ..] | [0xef, 0xbb, 0xbf, ..] => {
            encoding_rs::UTF_8.decode(bytes).0.into_owned()
        }
        _ => {
            let letter = |byte: &u8| match *byte {
                0x80..=0x9f => FROM_128[usize::from(byte - 0x80)],
                0xa0 => '€',
                byte => char::from(byte),
            };
            bytes.iter().take(TEXT_CHARS_MAX).map(letter).collect()
        }
    };
    text.replace("\r\n", "\n").replace('\r', "\n").chars().take(TEXT_CHARS_MAX).collect()
}

/// Lines that fit, cut at spaces.
fn wrapped(text: &str, width: f64, size: f64) -> Vec<String> {
    let fitting = (((width - 2.0 * PADDING) / (size * LETTER_WIDTH)) as usize).max(1);
    let mut lines = Vec::new();
    for paragraph in text.split('\n').take(LINES_MAX) {
        let mut line = String::new();
        for word in paragraph.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > fitting {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines
}

/// As XML takes it.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            char if char.is_control() || matches!(char, '\u{fffe}' | '\u{ffff}') => escaped.push(' '),
            char => escaped.push(char),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of one field, whose dictionary is given, in a form that is given.
    fn missing(field: &str, form: &str) -> Option<String> {
        let page = "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 200] /Annots [4 0 R] >>";
        let objects = [
            &format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [4 0 R] {form} >> >>"),
            "<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
            page,
            &format!("<< /Type /Annot /Rect [20 60 380 140] {field} >>"),
            "<< /Length 20 >>\nstream\n1 0 0 rg 0 0 9 9 re\nendstream",
            "<< /Length 20 >>\nstream\nBT (old one) Tj ET  \nendstream",
            "<< /FT /Tx /V (of the parent) >>",
        ];
        let mut pdf = b"%PDF-1.7\n".to_vec();
        let mut table = "xref\n0 8\n0000000000 65535 f \n".to_owned();
        for (number, object) in objects.iter().enumerate() {
            let _ = writeln!(table, "{:010} 00000 n ", pdf.len());
            pdf.extend(format!("{} 0 obj\n{object}\nendobj\n", number + 1).bytes());
        }
        let at = pdf.len();
        pdf.extend(format!("{table}trailer\n<< /Size 8 /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n").bytes());
        let pdf = Pdf::new(pdf).unwrap();
        let page = &pdf.pages()[0];
        Form::of(&pdf).missing(page)
    }

    #[test]
    fn what_is_filled_in_is_drawn_if_the_file_has_no_picture_of_it() {
        let check = |field: &str, form: &str, expected: &[&str]| {
            let svg = missing(field, form).unwrap_or_default();
            assert_eq!(svg.is_empty(), expected.is_empty(), "{field}: {svg}");
            for part in expected {
                assert!(svg.contains(part), "{field} should have {part}: {svg}");
            }
        };
        let widget = "/Subtype /Widget /FT /Tx";
        check(
            &format!("{widget} /V (a < b) /DA (/F 40 Tf 1 0 0 rg) /MK << /BG [0 0 1] >>"),
            "",
            &[
                "a &lt; b",
                "font-size='40.00'",
                "fill='#ff0000'",
                "<rect width='360' height='80' fill='#0000ff'",
            ],
        );
        check(&format!("{widget} /V (x)"), "/DA (/F 9 Tf)", &["font-size='9.00'"]);
        check(&format!("{widget} /V <FEFF4F60597D>"), "", &["你好"]);
        check(&format!("{widget} /V (\\200 \\240) /Q 2"), "", &["• €", "text-anchor='end'"]);
        check(&format!("{widget} /V (one\\rtwo) /Ff 4096"), "", &[">one<", ">two<"]);
        check(&format!("{widget} /V (secret) /Ff 8192"), "", &[">******<"]);
        check("/Subtype /Widget /Parent 7 0 R", "", &["of the parent"]);
        check("/Subtype /Widget /FT /Ch /V (de) /Opt [[(de) (German)] [(en) (English)]]", "", &["German"]);
        check("/Subtype /Widget /FT /Btn /AS /Yes", "", &["<path"]);
        check("/Subtype /Widget /FT /Btn /AS /Off /MK << /BC [0] >>", "", &["stroke='#000000'"]);
        check("/Subtype /FreeText /Contents (note)", "", &["note"]);
        // A picture that is there is taken, unless it is older than what was filled in.
        check(&format!("{widget} /V (new) /AP << /N 5 0 R >>"), "", &[]);
        check(&format!("{widget} /V (new) /AP << /N 5 0 R >>"), "/NeedAppearances true", &["new"]);
        check(&format!("{widget} /V (new) /AP << /N 6 0 R >>"), "/NeedAppearances true", &[]);
        check(&format!("{widget} /V (x) /F 2"), "", &[]);
        check("/Subtype /Widget /FT /Sig", "", &[]);
        check("/Subtype /Widget /FT /Tx /V (x) /Rect [0 0 0 0]", "", &[]);
    }

    #[test]
    fn a_turned_field_is_drawn_turned() {
        let turned = |angle: i32| {
            missing(&format!("/Subtype /Widget /FT /Tx /V (x) /MK << /R {angle} >>"), "").unwrap()
        };
        assert!(turned(0).starts_with("<g transform='matrix(1 0 0 -1 20 140)'>"));
        assert!(turned(90).starts_with("<g transform='matrix(0 1 1 0 20 60)'>"));
        assert!(turned(180).starts_with("<g transform='matrix(-1 0 0 1 380 60)'>"));
        assert!(turned(-90).starts_with("<g transform='matrix(0 -1 -1 0 380 140)'>"));
    }
}
