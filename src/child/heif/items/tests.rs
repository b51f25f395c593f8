//! Files of items, whole and hostile.

use std::io::Cursor;

use super::*;

fn boxed(name: &[u8; 4], content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    [&(content.len() as u32 + 8).to_be_bytes()[..], name, &content].concat()
}

/// One with a version and flags.
fn full(name: &[u8; 4], version: u8, flags: u8, content: &[&[u8]]) -> Vec<u8> {
    boxed(name, &[&[version, 0, 0, flags], &content.concat()])
}

/// The number of an item, as short as the version of a box has it.
fn id(number: u16, long: bool) -> Vec<u8> {
    if long { u32::from(number).to_be_bytes().to_vec() } else { number.to_be_bytes().to_vec() }
}

const GRID: u16 = 3;
const TILE: &[u8] = b"coded picture";

/// A grid of two tiles (1 and 2), its opacity, its small copy, what the camera wrote of it, and another picture, as phones
/// write them; `long`: in the newer versions of the boxes.
fn file(long: bool) -> Vec<u8> {
    let kinds: [(u16, &[u8; 4], u8); 7] = [
        (1, b"hvc1", 1),
        (2, b"hvc1", 1),
        (GRID, b"grid", 0),
        (4, b"Exif", 1),
        (5, b"hvc1", 0),
        (6, b"hvc1", 0),
        (7, b"hvc1", 0),
    ];
    let infe = kinds.map(|(number, kind, hidden)| {
        full(b"infe", if long { 3 } else { 2 }, hidden, &[&id(number, long), &[0, 0], kind, b"\0"])
    });
    let count = if long { vec![0, 0, 0, 7] } else { vec![0, 7] };
    let iinf = full(b"iinf", long.into(), 0, &[&count, &infe.concat()]);
    let data: &[u8] = &[0, 0, 0, 1, 0, 100, 0, 50];
    // The grid lies in the box itself; all others are the same bytes of the file, of which the last item has the two halves.
    let ftyp = boxed(b"ftyp", &[b"heic\0\0\0\0mif1heic"]);
    let mut meta = Vec::new();
    // Twice: where the pictures begin is known once all the rest is written.
    for _ in 0..2 {
        let begin = ftyp.len() + meta.len() + 8;
        let place = |number: u16, method: u8, extents: &[(usize, usize)]| {
            let extents = extents.iter().map(|(at, bytes)| {
                let at = if method == 1 { *at } else { begin + at };
                [(at as u32).to_be_bytes(), (*bytes as u32).to_be_bytes()].concat()
            });
            let extents: Vec<_> = extents.collect();
            let count = (extents.len() as u16).to_be_bytes();
            [&id(number, long)[..], &[0, method, 0, 0], &count, &extents.concat()].concat()
        };
        let mut places = vec![place(GRID, 1, &[(0, data.len())]), place(7, 0, &[(0, 6), (6, 7)])];
        places.extend([1, 2, 4, 5, 6].map(|number| place(number, 0, &[(0, TILE.len())])));
        let iloc = full(b"iloc", if long { 2 } else { 1 }, 0, &[&[0x44, 0], &count, &places.concat()]);
        let ipco = boxed(
            b"ipco",
            &[
                &full(b"ispe", 0, 0, &[&[0, 0, 2, 0], &[0, 0, 1, 0]]),
                &boxed(b"hvcC", &[b"setup"]),
                &boxed(b"colr", &[b"nclx", &[0, 12, 0, 13, 0, 6, 0x80]]),
                &boxed(b"irot", &[&[3]]),
                &boxed(b"imir", &[&[1]]),
                &full(b"auxC", 0, 0, &[b"urn:mpeg:hevc:2015:auxid:1\0more"]),
                &boxed(b"colr", &[b"prof", b"profile"]),
                &boxed(b"new!", &[b"?"]),
            ],
        );
        let said = |number: u16, properties: &[u8]| {
            let wide = properties.iter().flat_map(|said| [said & 0x80, said & 0x7f]);
            let wide: Vec<u8> = if long { wide.collect() } else { properties.to_vec() };
            [&id(number, long)[..], &[properties.len() as u8], &wide].concat()
        };
        let said = [said(GRID, &[3, 0x84, 0x85, 7]), said(1, &[1, 0x82]), said(5, &[6, 0x88, 0, 99])];
        let ipma = full(b"ipma", long.into(), long.into(), &[&[0, 0, 0, 3], &said.concat()]);
        let refer = |kind: &[u8; 4], from: u16, to: &[u16]| {
            let to: Vec<_> = to.iter().map(|to| id(*to, long)).collect();
            boxed(kind, &[&id(from, long), &(to.len() as u16).to_be_bytes(), &to.concat()])
        };
        let iref = full(
            b"iref",
            long.into(),
            0,
            &[
                &refer(b"dimg", GRID, &[1, 2]),
                &refer(b"cdsc", 4, &[GRID]),
                &refer(b"auxl", 5, &[GRID]),
                &refer(b"thmb", 6, &[GRID]),
            ],
        );
        meta = full(
            b"meta",
            0,
            0,
            &[
                &full(b"hdlr", 0, 0, &[&[0; 4], b"pict", &[0; 13]]),
                &full(b"pitm", long.into(), 0, &[&id(GRID, long)]),
                &iinf,
                &boxed(b"iprp", &[&ipco, &ipma]),
                &boxed(b"idat", &[data]),
                &iref,
                &iloc,
            ],
        );
    }
    [ftyp, meta, boxed(b"mdat", &[TILE])].concat()
}

fn read(bytes: &[u8]) -> Result<Items, Odd> {
    Items::read(&mut Cursor::new(bytes)).expect("memory can be read")
}

fn content(items: &Items, bytes: &[u8], id: u32) -> Result<Vec<u8>, Odd> {
    items.content(items.item(id)?, &mut Cursor::new(bytes)).expect("memory can be read")
}

#[test]
fn a_phones_picture_is_taken_apart() {
    for long in [false, true] {
        let bytes = file(long);
        let items = read(&bytes).unwrap();
        let grid = u32::from(GRID);
        assert_eq!((items.primary, items.moves, items.parts(grid)), (grid, false, &[1, 2][..]));
        assert_eq!((items.opacity(grid), items.exif(grid)), (Some(5), Some(4)));
        assert_eq!((items.opacity(1), items.exif(7)), (None, None));
        assert_eq!(items.pictures(), 2, "tiles, small copies and opacity are none");
        assert_eq!(items.item(grid).unwrap().kind, *b"grid");
        assert_eq!(content(&items, &bytes, grid).unwrap(), [0, 0, 0, 1, 0, 100, 0, 50]);
        for id in [1, 2, 4, 5, 6, 7] {
            assert_eq!(content(&items, &bytes, id).unwrap(), TILE, "{id} {long}");
        }
        let said = |id| items.properties(items.item(id).unwrap()).map(|(said, must)| (said.clone(), must));
        let said = |id| said(id).collect::<Vec<_>>();
        assert_eq!(
            said(grid),
            [
                (Property::Colours([12, 13, 6], true), false),
                (Property::Turn(3), true),
                (Property::Mirror(true), true),
                (Property::Profile(b"profile".to_vec()), false),
            ]
        );
        assert_eq!(said(1), [(Property::Size(512, 256), false), (Property::Hevc(b"setup".to_vec()), true)]);
        // Numbers of nothing are passed over.
        assert_eq!(said(5), [(Property::Opacity, false), (Property::Unknown(*b"new!"), true)]);
    }
}

#[test]
fn a_film_beside_the_picture_is_seen() {
    let bytes = [file(false), boxed(b"moov", &[b"film"])].concat();
    assert!(read(&bytes).unwrap().moves);
}

#[test]
fn what_is_cut_short_or_bent_is_refused_and_nothing_else() {
    for long in [false, true] {
        let whole = file(long);
        let meta = whole.len() - 8 - TILE.len();
        for length in 0..meta {
            tried(&whole[..length]);
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        let cut = &whole[..whole.len() - 1];
        assert_eq!(content(&read(cut).unwrap(), cut, 1), Err(Odd::Damaged));
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut bent = whole.clone();
                bent[at] = value;
                tried(&bent);
            }
        }
    }
    for none in [
        &b""[..],
        b"\0\0\0\x08meta",
        &[0; 40],
        &[0xff; 40],
        b"\0\0\0\x01meta\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        assert!(read(none).is_err());
    }
}

#[test]
fn more_than_any_camera_writes_is_refused_before_it_takes_memory() {
    let meta = |boxes: &[&[u8]]| full(b"meta", 0, 0, boxes);
    // Pieces of no bytes: none costs the file anything.
    let iloc = full(b"iloc", 0, 0, &[&[0, 0], &[0, 1], &[0, 1, 0, 0], &[0xff, 0xff]]);
    assert_eq!(read(&meta(&[&iloc])).err(), Some(Odd::Large("pieces")));
    let places = [&[0, 1, 0, 0, 0, 64][..]; 3].concat();
    let iloc = full(b"iloc", 0, 0, &[&[0, 0], &[0, 3], &places]);
    let items = read(&meta(&[&iloc])).unwrap();
    assert!(items.items[&1].extents.len() <= EXTENTS_MAX);
    let properties = boxed(b"free", &[]).repeat(PROPERTIES_MAX + 1);
    let iprp = boxed(b"iprp", &[&boxed(b"ipco", &[&properties])]);
    assert_eq!(read(&meta(&[&iprp])).err(), Some(Odd::Large("properties")));
    let many: Vec<u8> =
        (0..=ITEMS_MAX as u32).flat_map(|id| [&id.to_be_bytes()[..], &[0; 6]].concat()).collect();
    let count = (ITEMS_MAX as u32 + 1).to_be_bytes();
    let iloc = full(b"iloc", 2, 0, &[&[0, 0], &count, &many]);
    assert_eq!(read(&meta(&[&iloc])).err(), Some(Odd::Large("items")));
    let large = [&(META_BYTES_MAX as u32 + 9).to_be_bytes()[..], b"meta"].concat();
    assert_eq!(read(&large).err(), Some(Odd::Large("bytes about its content")));
    // All of them of the same item, again and again.
    let said = [&[0, 1, 255][..], &[1; 255]].concat().repeat(3);
    let ipma = full(b"ipma", 0, 0, &[&[0, 0, 0, 3], &said]);
    assert_eq!(read(&meta(&[&boxed(b"iprp", &[&ipma])])).err(), Some(Odd::Large("properties")));
}
