//! Pictures, whole and hostile.

use std::path::PathBuf;

use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// Left half red, right half blue.
fn halves(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) })
}

/// A PNG that says it is of this size, with next to nothing inside.
fn png_bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    for (name, data) in
        [(b"IHDR", header.as_slice()), (b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]), (b"IEND", &[])]
    {
        png.extend((data.len() as u32).to_be_bytes());
        let body = [&name[..], data].concat();
        png.extend_from_slice(&body);
        png.extend(crc32(&body).to_be_bytes());
    }
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}

#[test]
fn every_kind_is_read_and_said_to_be_plain_if_it_is() {
    let folder = Folder::new();
    let image = DynamicImage::from(halves(64, 32));
    let clear = DynamicImage::from(image::RgbaImage::from_pixel(8, 8, image::Rgba([0, 0, 0, 0])));
    for (format, content, plain) in [
        (ImageFormat::Jpeg, Content::Jpeg, true),
        (ImageFormat::Png, Content::Png, true),
        (ImageFormat::WebP, Content::WebP, false),
    ] {
        let path = folder.file("a", &encoded(&image, format));
        let read = read(&path, content).unwrap_or_else(|problem| panic!("{format:?}: {problem:?}"));
        assert_eq!((read.image.dimensions(), read.plain), ((64, 32), plain), "{format:?}");
        assert!(read.image.get_pixel(4, 4).0[0] > 200, "{format:?}");
    }
    let path = folder.file("clear", &encoded(&clear, ImageFormat::Png));
    let read = read(&path, Content::Png).unwrap_or_else(|problem| panic!("{problem:?}"));
    assert!(!read.plain);
    assert_eq!(read.image.get_pixel(0, 0).0, [255; 3], "what is transparent is white");
}

#[test]
fn a_photo_is_turned_upright() {
    let folder = Folder::new();
    let jpeg = encoded(&DynamicImage::from(halves(64, 32)), ImageFormat::Jpeg);
    // Orientation 6: to be turned clockwise by 90 degrees, so that left is up.
    let exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let turned = [&jpeg[..2], &[0xff, 0xe1], &length, exif, &jpeg[2..]].concat();
    let read =
        read(&folder.file("a", &turned), Content::Jpeg).unwrap_or_else(|problem| panic!("{problem:?}"));
    assert_eq!((read.image.dimensions(), read.plain), ((32, 64), false));
    assert!(read.image.get_pixel(16, 4).0[0] > 200 && read.image.get_pixel(16, 60).0[2] > 200);
}

#[test]
fn a_photo_says_when_it_was_taken() {
    let folder = Folder::new();
    let jpeg = encoded(&DynamicImage::from(halves(64, 32)), ImageFormat::Jpeg);
    let exif = [b"Exif\0\0", &exif::tests::exif("2020:07:02 14:00:00", 0x9003)[..]].concat();
    let length = (exif.len() as u16 + 2).to_be_bytes();
    let dated = [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat();
    let taken = |bytes: &[u8]| read(&folder.file("a", bytes), Content::Jpeg).ok().and_then(|read| read.taken);
    assert_eq!((taken(&dated), taken(&jpeg)), (Some(1_593_698_400), None));
}

#[test]
fn a_picture_that_says_it_is_enormous_is_refused_unread() {
    let folder = Folder::new();
    for (width, height) in [(100_000, 100_000), (16_384, 16_384), (u32::MAX >> 1, 1)] {
        let problem = read(&folder.file("a", &png_bomb(width, height)), Content::Png).err().unwrap();
        assert_eq!(problem.failure, Failure::TooLarge, "{width}x{height}: {problem:?}");
    }
    assert!(
        read(&folder.file("a", &png_bomb(8, 8)), Content::Png).is_err(),
        "and one without its pixels too"
    );
}

#[test]
fn damaged_pictures_are_errors_and_never_panics() {
    let folder = Folder::new();
    let image = DynamicImage::from(halves(40, 30));
    let mut state = 0x1234_5678_u32;
    for (format, content) in [
        (ImageFormat::Jpeg, Content::Jpeg),
        (ImageFormat::Png, Content::Png),
        (ImageFormat::WebP, Content::WebP),
    ] {
        let whole = encoded(&image, format);
        let cut = folder.file("cut", &whole[..whole.len() / 3]);
        // A JPEG that ends early is shown as far as it goes; the others say that they are not whole.
        assert!(content == Content::Jpeg || read(&cut, content).is_err(), "{format:?}");
        for _ in 0..300 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let at = (state >> 8) as usize % bytes.len();
                bytes[at] = (state >> 24) as u8;
            }
            let _ = read(&folder.file("a", &bytes), content);
        }
    }
}

#[test]
fn sizes_shrink_and_never_grow() {
    assert_eq!(fit(1920, 1080, 480, 960), (480, 270));
    assert_eq!(fit(100, 10_000, 480, 960), (10, 960));
    assert_eq!(fit(100, 50, 480, 960), (100, 50));
    assert_eq!(fit(16_384, 1, 480, 960), (480, 1));
    assert_eq!(shrink(halves(300, 10), 200, 200).dimensions(), (200, 7));
    assert_eq!(shrink(halves(4000, 1000), 480, 960).dimensions(), (480, 120));
}

#[test]
fn drawings_are_told_from_photos_and_black_from_light() {
    let noise = RgbImage::from_fn(200, 200, |x, y| {
        let value = x.wrapping_mul(2_654_435_761).wrapping_add(y.wrapping_mul(40_503_123));
        Rgb([value as u8, (value >> 8) as u8, (value >> 16) as u8])
    });
    assert!(is_drawn(&halves(200, 200)) && !is_drawn(&noise));
    let (black, _) = light(&RgbImage::new(10, 10));
    let (white, flat) = light(&RgbImage::from_pixel(10, 10, Rgb([255; 3])));
    let (_, lively) = light(&halves(10, 10));
    assert!(black < 1.0 && white > 254.0 && flat < 1.0 && lively > 10.0);
}

fn with_profile(mut encoder: impl image::ImageEncoder, image: &RgbImage, profile: Vec<u8>) {
    encoder.set_icc_profile(profile).unwrap();
    encoder.write_image(image, image.width(), image.height(), ExtendedColorType::Rgb8).unwrap();
}

/// Colours that a phone writes down in its own way, and those that a screen of sRGB has to be given for them.
#[test]
fn colours_are_what_their_profile_means() {
    use moxcms::ColorProfile;
    let folder = Folder::new();
    // Red and a green of sRGB (255, 0, 0 and 0, 200, 0), as Display P3 writes them.
    let image =
        RgbImage::from_fn(64, 32, |x, _| if x < 32 { Rgb([234, 51, 35]) } else { Rgb([92, 197, 59]) });
    let file = |profile: Vec<u8>, content: Content| {
        let mut bytes = Vec::new();
        match content {
            Content::Jpeg => with_profile(JpegEncoder::new_with_quality(&mut bytes, 100), &image, profile),
            Content::Png => with_profile(PngEncoder::new(&mut bytes), &image, profile),
            _ => with_profile(image::codecs::webp::WebPEncoder::new_lossless(&mut bytes), &image, profile),
        }
        read(&folder.file("picture", &bytes), content).unwrap()
    };
    for content in [Content::Jpeg, Content::Png, Content::WebP] {
        let found = file(ColorProfile::new_display_p3().encode().unwrap(), content);
        for (x, wanted) in [(8, [255, 0, 0]), (56, [0, 200, 0])] {
            let got = found.image.get_pixel(x, 16).0;
            assert!(
                got.iter().zip(wanted).all(|(got, wanted)| got.abs_diff(wanted) < 30),
                "{content:?} {got:?}"
            );
        }
        assert!(!found.plain && !found.off, "{content:?}");
        let found = file(ColorProfile::new_srgb().encode().unwrap(), content);
        assert!(found.image.get_pixel(8, 16).0[1].abs_diff(51) < 8, "{content:?}");
        assert_eq!(found.plain, content != Content::WebP, "{content:?}");
    }
    assert!(file(vec![7; 200], Content::Png).off, "a profile that is none");
}

#[test]
fn opacity_beside_a_picture_may_be_of_another_size() {
    let mut image = halves(64, 32);
    // The upper half is clear, the lower one is not.
    let opacity = RgbImage::from_fn(8, 8, |_, y| Rgb([if y < 4 { 0 } else { 255 }; 3]));
    on_white(&mut image, &opacity);
    let seen = |x, y| image.get_pixel(x, y).0;
    assert_eq!((seen(0, 0), seen(63, 15)), ([255; 3], [255; 3]));
    assert_eq!((seen(0, 16), seen(63, 31)), ([255, 0, 0], [0, 0, 255]));
    on_white(&mut image, &RgbImage::new(0, 0));
}

#[test]
fn colours_may_be_meant_by_a_code_alone() {
    let shown = |code: u16, colour: [u8; 3]| {
        let image = DynamicImage::from(RgbImage::from_pixel(1, 1, Rgb(colour)));
        Colours::of_primaries(code).apply(image).into_rgb8().get_pixel(0, 0).0
    };
    // Red of sRGB, as Display P3 writes it, and shades of grey, which all have alike.
    let [red, green, blue] = shown(12, [234, 51, 35]);
    assert!(red > 250 && green < 12 && blue < 12, "{red} {green} {blue}");
    assert!(shown(12, [128; 3]).iter().all(|part| part.abs_diff(128) < 3));
    assert!(shown(9, [200, 80, 80])[0] > 210, "wider still");
    assert_eq!((shown(1, [234, 51, 35]), shown(2, [234, 51, 35])), ([234, 51, 35], [234, 51, 35]));
}
