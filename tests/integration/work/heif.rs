//! HEIC and AVIF, as phones and cameras make them: tiles, turned pictures, pictures that let the ground through.

use image::RgbImage;
use marquee::library::JobState;
use marquee::library::work::Errand;

use super::*;

const SIDE: u32 = 128;

fn boxed(name: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, &content].concat()
}

fn full(name: &[u8; 4], version: u8, content: &[&[u8]]) -> Vec<u8> {
    boxed(name, &[&[version, 0, 0, 0], &content.concat()])
}

/// A coded picture: how it is set up (a box), and the picture.
#[derive(Clone)]
struct Coded {
    kind: &'static [u8; 4],
    setup: Vec<u8>,
    data: Vec<u8>,
}

/// A picture of one colour, as GStreamer codes it.
fn coded(shelf: &Shelf, kind: &'static [u8; 4], colour: u32) -> Coded {
    let (coder, setup) = match kind {
        b"hvc1" => ("x265enc speed-preset=ultrafast ! h265parse", b"hvcC"),
        _ => ("av1enc cpu-used=8 ! av1parse", b"av1C"),
    };
    let mp4 = shelf.made(
        "coded.mp4",
        &format!(
            "videotestsrc num-buffers=1 pattern=solid-color foreground-color={colour} \
             ! video/x-raw,format=I420,width={SIDE},height={SIDE},framerate=1/1,colorimetry=bt601 ! {coder} ! mp4mux ! OUT"
        ),
    );
    let place = |name: &[u8]| mp4.windows(4).position(|window| window == name).expect("an MP4 has it") - 4;
    let long = |at: usize| u32::from_be_bytes(mp4[at..at + 4].try_into().expect("four")) as usize;
    let (setup, sizes, offset) = (place(setup), place(b"stsz"), place(b"stco"));
    // One picture: its size is that of all, or stands in the list.
    let size = match long(sizes + 12) {
        0 => long(sizes + 20),
        size => size,
    };
    let begin = long(offset + 16);
    Coded { kind, setup: mp4[setup..][..long(setup)].to_vec(), data: mp4[begin..][..size].to_vec() }
}

struct Item {
    kind: &'static [u8; 4],
    data: Vec<u8>,
    /// Numbers of properties, from 1 on.
    said: Vec<u8>,
}

/// Items are numbered from 1 on; the first is the one that is shown.
fn heif(
    brands: &[u8],
    items: &[Item],
    properties: &[Vec<u8>],
    references: &[(&[u8; 4], u16, &[u16])],
) -> Vec<u8> {
    let numbers = 1..=items.len() as u16;
    let infe = items.iter().zip(numbers.clone());
    let infe = infe.map(|(item, id)| full(b"infe", 2, &[&id.to_be_bytes(), &[0, 0], item.kind, b"\0"]));
    let count = (items.len() as u16).to_be_bytes();
    let iinf = full(b"iinf", 0, &[&count, &infe.collect::<Vec<_>>().concat()]);
    let said = items.iter().zip(numbers.clone());
    let said = said.map(|(item, id)| [&id.to_be_bytes()[..], &[item.said.len() as u8], &item.said].concat());
    let said = said.collect::<Vec<_>>().concat();
    let ipma = full(b"ipma", 0, &[&(items.len() as u32).to_be_bytes(), &said]);
    let iprp = boxed(b"iprp", &[&boxed(b"ipco", &[&properties.concat()]), &ipma]);
    let iref = references.iter().map(|(kind, from, to)| {
        let to: Vec<u8> = to.iter().flat_map(|to| to.to_be_bytes()).collect();
        boxed(kind, &[&from.to_be_bytes(), &(to.len() as u16 / 2).to_be_bytes(), &to])
    });
    let iref = full(b"iref", 0, &[&iref.collect::<Vec<_>>().concat()]);
    let ftyp = boxed(b"ftyp", &[brands]);
    let mut meta = Vec::new();
    for _ in 0..2 {
        let mut at = ftyp.len() + meta.len() + 8;
        let places = items.iter().zip(numbers.clone()).map(|(item, id)| {
            let place = [(at as u32).to_be_bytes(), (item.data.len() as u32).to_be_bytes()].concat();
            at += item.data.len();
            [&id.to_be_bytes()[..], &[0, 0, 0, 1], &place].concat()
        });
        let iloc = full(b"iloc", 0, &[&[0x44, 0], &count, &places.collect::<Vec<_>>().concat()]);
        let hdlr = full(b"hdlr", 0, &[&[0; 4], b"pict", &[0; 13]]);
        meta = full(b"meta", 0, &[&hdlr, &full(b"pitm", 0, &[&[0, 1]]), &iinf, &iloc, &iprp, &iref]);
    }
    let data = items.iter().flat_map(|item| item.data.clone()).collect::<Vec<_>>();
    [ftyp, meta, boxed(b"mdat", &[&data])].concat()
}

const HEIC: &[u8] = b"heic\0\0\0\0mif1heic";
const AVIF: &[u8] = b"avif\0\0\0\0avifmif1miaf";

fn size(width: u32, height: u32) -> Vec<u8> {
    full(b"ispe", 0, &[&width.to_be_bytes(), &height.to_be_bytes()])
}

/// Colours as GStreamer's pictures have them: of BT.601, not all values used.
fn colours() -> Vec<u8> {
    boxed(b"colr", &[b"nclx", &[0, 1, 0, 13, 0, 6, 0]])
}

/// When it was taken, and that it is to be turned: which was done by the time a phone wrote it.
fn exif() -> Vec<u8> {
    let mut tiff = b"MM\0*\0\0\0\x08".to_vec();
    tiff.extend(b"\0\x02\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\x01\x32\0\x02\0\0\0\x14\0\0\0\x26\0\0\0\0");
    tiff.extend(b"2020:07:02 14:00:00\0");
    [&[0, 0, 0, 6], &b"Exif\0\0"[..], &tiff].concat()
}

fn page(shelf: &Shelf, asset: &Asset) -> RgbImage {
    assert_eq!(asset.pages.len(), 1, "{:?}", asset.jobs);
    assert_ne!(asset.pages[0].file, asset.original, "no TV shows it");
    picture(&shelf.stored(&asset.pages[0].file))
}

fn check(image: &RgbImage, (x, y): (u32, u32), expected: [u8; 3]) {
    let found = image.get_pixel(x, y).0;
    let near = found.iter().zip(expected).all(|(found, expected)| found.abs_diff(expected) < 12);
    assert!(near, "{found:?} at {x}, {y}, not {expected:?}");
}

fn said(asset: &Asset) -> String {
    asset.jobs.iter().find(|job| job.step == Step::Pages).expect("tried").problem.clone()
}

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 128, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const WHITE: [u8; 3] = [255; 3];

/// Four tiles, whose last columns and rows are not seen, turned as a phone is held upright.
fn tiles(shelf: &Shelf) -> Vec<u8> {
    let tiles =
        [0xffff_0000, 0xff00_8000, 0xff00_00ff, 0xffff_ffff].map(|colour| coded(shelf, b"hvc1", colour));
    let grid = [&[0, 0, 1, 1][..], &200u16.to_be_bytes(), &220u16.to_be_bytes()].concat();
    let mut items = vec![Item { kind: b"grid", data: grid, said: vec![2, 0x80 | 3, 4] }];
    let properties =
        [size(SIDE, SIDE), size(200, 220), boxed(b"irot", &[&[3]]), colours(), tiles[0].setup.clone()];
    items.extend(tiles.map(|tile| Item { kind: tile.kind, data: tile.data, said: vec![1, 0x80 | 5] }));
    items.push(Item { kind: b"Exif", data: exif(), said: vec![] });
    heif(HEIC, &items, &properties, &[(b"dimg", 1, &[2, 3, 4, 5]), (b"cdsc", 6, &[1])])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phones_tiles_are_one_upright_picture() {
    let shelf = Shelf::new();
    let bytes = tiles(&shelf);
    let asset = shelf.added("IMG_0001.heic", &bytes).await;
    let image = page(&shelf, &asset);
    assert_eq!((image.dimensions(), said(&asset)), ((220, 200), String::new()));
    // Clockwise: what was at the left is at the top.
    for (place, colour) in [((10, 10), BLUE), ((210, 10), RED), ((10, 190), WHITE), ((210, 190), GREEN)] {
        check(&image, place, colour);
    }
    // Where tiles meet: 128 of 200 from the top, and 128 of 220 from the right.
    check(&image, (210, 124), RED);
    check(&image, (210, 131), GREEN);
    check(&image, (95, 10), RED);
    check(&image, (88, 10), BLUE);
    assert_eq!(asset.summary.taken, 1_593_698_400);
    let thumbnail = picture(&shelf.stored(asset.summary.thumbnail.as_ref().expect("made")));
    assert_eq!(thumbnail.dimensions(), (220, 200));

    let part = shelf.added("part.heic", &bytes[..bytes.len() - 100]).await;
    assert!(said(&part).contains("its end is missing"), "{:?}", part.jobs);
}

/// As one of 200 million pixels is, which has no room in memory as a whole.
#[tokio::test(flavor = "multi_thread")]
async fn a_picture_far_larger_than_a_page_is_made_smaller_tile_by_tile() {
    const COLUMNS: u16 = 61;
    let shelf = Shelf::new();
    let [red, blue] = [0xffff_0000, 0xff00_00ff].map(|colour| coded(&shelf, b"hvc1", colour));
    // What is beyond the right edge is half of the last tile.
    let width = u32::from(COLUMNS) * SIDE - SIDE / 2;
    let grid =
        [&[0, 0, 0, COLUMNS as u8 - 1][..], &(width as u16).to_be_bytes(), &100u16.to_be_bytes()].concat();
    let properties = [size(SIDE, SIDE), size(width, 100), colours(), red.setup.clone()];
    let mut items = vec![Item { kind: b"grid", data: grid, said: vec![2, 3] }];
    items.extend([red, blue].map(|tile| Item { kind: tile.kind, data: tile.data, said: vec![1, 0x80 | 4] }));
    let tiles: Vec<u16> = (0..COLUMNS).map(|column| 2 + column % 2).collect();
    let bytes = heif(HEIC, &items, &properties, &[(b"dimg", 1, &tiles)]);
    let asset = shelf.added("panorama.heic", &bytes).await;
    let image = page(&shelf, &asset);
    assert_eq!((image.dimensions(), said(&asset)), ((3840, 50), String::new()));
    // Made smaller once more, to the width of a page: by 3872 of its own pixels, 64 to a tile.
    for column in 0..u32::from(COLUMNS) {
        let x = (column * 64 + 30) * 3840 / 3872;
        check(&image, (x, 25), if column % 2 == 0 { RED } else { BLUE });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lets_the_ground_through_is_white_and_other_pictures_are_told() {
    let shelf = Shelf::new();
    let [red, clear, other] =
        [0xffff_0000, 0xff00_0000, 0xff00_8000].map(|colour| coded(&shelf, b"av01", colour));
    let opacity = full(b"auxC", 0, &[b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0"]);
    let properties =
        [size(SIDE, SIDE), red.setup.clone(), colours(), opacity, boxed(b"imir", &[&[1]]), size(64, SIDE)];
    let item =
        |coded: &Coded, said: &[u8]| Item { kind: coded.kind, data: coded.data.clone(), said: said.to_vec() };
    // Half as wide as it is coded, mirrored: nothing is seen of that but its size.
    let items = [item(&red, &[6, 2, 3, 0x80 | 5]), item(&clear, &[6, 2, 3, 4])];
    let asset = shelf.added("clear.avif", &heif(AVIF, &items, &properties, &[(b"auxl", 2, &[1])])).await;
    let image = page(&shelf, &asset);
    assert_eq!((image.dimensions(), said(&asset)), ((64, SIDE), String::new()));
    check(&image, (30, 60), WHITE);

    let items = [item(&red, &[1, 2, 3]), item(&other, &[1, 2, 3])];
    let asset = shelf.added("two.avif", &heif(AVIF, &items, &properties, &[])).await;
    check(&page(&shelf, &asset), (60, 60), RED);
    assert_eq!(said(&asset), "it holds several pictures, of which only the main one is shown (1 of 2)");
    assert!(asset.jobs.iter().all(|job| job.state == JobState::Done), "{:?}", asset.jobs);

    let film = [&heif(AVIF, &items[..1], &properties, &[])[..], &boxed(b"moov", &[b"film"])].concat();
    let asset = shelf.added("moves.avif", &film).await;
    check(&page(&shelf, &asset), (60, 60), RED);
    assert!(said(&asset).starts_with("it is an animation"), "{:?}", asset.jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_inside_is_refused_with_a_reason() {
    let shelf = Shelf::new();
    let red = coded(&shelf, b"hvc1", 0xffff_0000);
    let properties = [size(SIDE, SIDE), red.setup.clone(), size(100_000, 100_000), boxed(b"new!", &[])];
    let item = |kind: &'static [u8; 4], data: &[u8], said: &[u8]| {
        heif(HEIC, &[Item { kind, data: data.to_vec(), said: said.to_vec() }], &properties, &[])
    };
    for (name, bytes, words) in [
        ("noise", item(b"hvc1", &red.data.iter().map(|byte| !byte).collect::<Vec<_>>(), &[1, 2]), "damaged"),
        ("no_setup", item(b"hvc1", &red.data, &[1]), "damaged"),
        ("no_size", item(b"hvc1", &red.data, &[2]), "damaged"),
        (
            "enormous",
            item(b"hvc1", &red.data, &[3, 2]),
            "larger than the box can take (100000x100000 pixels)",
        ),
        ("odd", item(b"jxl1", &red.data, &[1]), "can't read this kind of picture (jxl1)"),
        ("unknown", item(b"hvc1", &red.data, &[1, 2, 0x80 | 4]), "can't read this kind of picture (new!)"),
        ("grid", item(b"grid", &[0, 0, 9, 9, 4, 0, 4, 0], &[1]), "damaged"),
    ] {
        let asset = shelf.added(&format!("{name}.heic"), &bytes).await;
        assert!(said(&asset).contains(words), "{name}: {:?}", asset.jobs);
    }
}

/// GStreamer's plug-ins of these names alone, in a folder of their own.
fn plugins(folder: &Path, names: &[&str]) {
    let found = Command::new("pkg-config").args(["--variable=pluginsdir", "gstreamer-1.0"]).output();
    let place = String::from_utf8(found.expect("pkg-config runs").stdout).expect("a path");
    for name in names {
        let name = format!("libgst{name}.so");
        std::os::unix::fs::symlink(Path::new(place.trim()).join(&name), folder.join(&name)).expect("linked");
    }
}

#[test]
fn without_a_decoder_it_says_so() {
    let shelf = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| {
        let folder = shelf.path().join(name);
        std::fs::create_dir(&folder).expect("made");
        folder
    };
    let (output, scratch, plug_ins) = (folder("output"), folder("scratch"), folder("plugins"));
    plugins(&plug_ins, &["coreelements", "app", "videoparsersbad"]);
    for (ext, kind, brands, coding) in [("heic", b"hvc1", HEIC, "HEVC"), ("avif", b"av01", AVIF, "AV1")] {
        let input = shelf.path().join("picture");
        let item = Item { kind, data: vec![1; 50], said: vec![1, 2] };
        let properties = [size(SIDE, SIDE), boxed(b"hvcC", &[&[1; 30]])];
        std::fs::write(&input, heif(brands, &[item], &properties, &[])).expect("written");
        let errand = Errand {
            step: Step::Pages,
            input,
            ext: ext.to_owned(),
            output: output.clone(),
            scratch: scratch.clone(),
            memory_bytes: 1 << 30,
            cpu_s: 60,
            file_bytes: 1 << 20,
            width: 0,
            height: 0,
            rotation: 0,
            duration_ms: 0,
            sound: false,
            conversion: None,
        };
        let mut child = Command::new(env!("CARGO_BIN_EXE_marquee"));
        child.arg("work").args(errand.arguments()).env("GST_PLUGIN_SYSTEM_PATH_1_0", &plug_ins);
        let said = child.env("GST_REGISTRY", scratch.join("registry")).output().expect("it runs").stdout;
        let said = String::from_utf8_lossy(&said);
        assert!(said.ends_with(&format!("failed\tno_picture_decoder\t{coding}\n")), "{said}");
    }
}
