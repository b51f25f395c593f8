//! Pictures that Marquee draws itself: text on a plain ground, from an SVG template, with an embedded font.
//!
//! Belongs here: drawings as pixels, pure. Does not belong here: who shows them.

mod card;
mod letters;
mod slate;
mod splash;
mod svg;

pub use card::{draw_code, draw_message};
pub use letters::{LETTERS_NAMED_MAX, letters_missing};
pub use slate::{Slate, draw};
pub use splash::{Splash, code_svg, draw_splash};
pub use svg::fonts;
