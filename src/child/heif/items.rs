//! What is in a HEIF file (ISO/IEC 23008-12, AVIF 1.1): its items, where each of them is, what is said of it, and how they
//! belong together. Pure, but for reading from the file.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Seek, SeekFrom};

use super::bytes::Bytes;

/// Boxes of the file itself: one says what is in it, and a handful more.
const BOXES_MAX: usize = 1000;
/// What is in it. Phones write a few KB; small pictures may lie in it as a whole.
const META_BYTES_MAX: u64 = 16 << 20;
/// A picture of 200 million pixels has 800 tiles, twice so with its map of light.
const ITEMS_MAX: usize = 10_000;
/// Of all that is said of items; cameras say a dozen things.
const PROPERTIES_MAX: usize = 10_000;
/// Pieces of one item; phones write one.
const EXTENTS_MAX: usize = 64;
/// A coded picture. One of 200 million pixels is 80 MB.
const ITEM_BYTES_MAX: u64 = 128 << 20;

/// Why it can't be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// It makes no sense, or is not all there.
    Damaged,
    /// More of something than any camera makes.
    Large(&'static str),
}

/// The content of a file, but for the pictures themselves.
#[derive(Debug, Default)]
pub(super) struct Items {
    /// The one that is shown.
    pub(super) primary: u32,
    /// There is a film of it besides.
    pub(super) moves: bool,
    items: BTreeMap<u32, Item>,
    properties: Vec<Property>,
    references: Vec<Reference>,
    /// What lies in the box of items itself.
    data: Vec<u8>,
}

#[derive(Debug, Default)]
pub(super) struct Item {
    /// Such as `hvc1`, `av01`, `grid`, `Exif`.
    pub(super) kind: [u8; 4],
    hidden: bool,
    pub(super) protected: bool,
    /// In the box of items, not in the file.
    inside: bool,
    /// From where, and how much; 0: all to the end.
    extents: Vec<(u64, u64)>,
    /// Numbers of what is said of it, from 1 on, and whether it is nothing without.
    properties: Vec<(usize, bool)>,
}

/// What is said of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Property {
    Size(u32, u32),
    /// How HEVC is set up (ISO/IEC 14496-15, 8.3.3.1).
    Hevc(Vec<u8>),
    /// An ICC profile.
    Profile(Vec<u8>),
    /// Colour primaries, transfer and matrix (ITU-T H.273), and whether all values are used.
    Colours([u16; 3], bool),
    /// Quarters of a turn, anticlockwise.
    Turn(u8),
    /// Left and right change places, else up and down.
    Mirror(bool),
    /// Width, height, and how far the middle is from that of the picture, right and down, as fractions.
    Cut([(i64, i64); 4]),
    /// It is how opaque another one is.
    Opacity,
    /// Nothing that changes how it looks.
    Said,
    Unknown([u8; 4]),
}

/// An item refers to others: `dimg` is made of them, `auxl` and `thmb` belong to them, `cdsc` tells of them.
#[derive(Debug)]
struct Reference {
    kind: [u8; 4],
    from: u32,
    to: Vec<u32>,
}

impl Items {
    pub(super) fn read(file: &mut (impl Read + Seek)) -> io::Result<Result<Self, Odd>> {
        let length = file.seek(SeekFrom::End(0))?;
        let (mut at, mut meta, mut moves) = (0u64, None, false);
        for _ in 0..BOXES_MAX {
            if at >= length {
                break;
            }
            file.seek(SeekFrom::Start(at))?;
            let mut head = Vec::new();
            file.by_ref().take(16).read_to_end(&mut head)?;
            let mut head = Bytes(&head);
            let (Ok(size), Ok(name)) = (head.number(4), head.name()) else { break };
            let (size, header) = match size {
                0 => (length - at, 8),
                1 => (head.number(8).unwrap_or(0), 16),
                size => (size, 8),
            };
            let Some(bytes) = size.checked_sub(header) else { break };
            moves |= name == *b"moov";
            if name == *b"meta" && meta.is_none() {
                if bytes > META_BYTES_MAX {
                    return Ok(Err(Odd::Large("bytes about its content")));
                }
                file.seek(SeekFrom::Start(at.saturating_add(header)))?;
                let mut read = Vec::new();
                file.by_ref().take(bytes).read_to_end(&mut read)?;
                if (read.len() as u64) < bytes {
                    return Ok(Err(Odd::Damaged));
                }
                meta = Some(read);
            }
            at = at.saturating_add(size);
        }
        let Some(meta) = meta else { return Ok(Err(Odd::Damaged)) };
        let mut items = Self { moves, ..Self::default() };
        Ok(items.meta(Bytes(&meta)).map(|()| items))
    }

    fn meta(&mut self, mut meta: Bytes<'_>) -> Result<(), Odd> {
        meta.version()?;
        while let Some((name, mut content)) = meta.next_box()? {
            match &name {
                b"hdlr" => {
                    content.take(8)?;
                    if content.take(4)? != b"pict" {
                        return Err(Odd::Damaged);
                    }
                }
                b"pitm" => {
                    let (version, _) = content.version()?;
                    self.primary = content.id(version >= 1)?;
                }
                b"iinf" => self.kinds(content)?,
                b"iloc" => self.places(content)?,
                b"iprp" => self.said(content)?,
                b"iref" => self.refer(content)?,
                b"idat" => self.data = content.0.to_vec(),
                _ => {}
            }
        }
        Ok(())
    }

    fn entry(&mut self, id: u32) -> Result<&mut Item, Odd> {
        if self.items.len() >= ITEMS_MAX && !self.items.contains_key(&id) {
            return Err(Odd::Large("items"));
        }
        Ok(self.items.entry(id).or_default())
    }

    fn kinds(&mut self, mut list: Bytes<'_>) -> Result<(), Odd> {
        let (version, _) = list.version()?;
        list.take(if version == 0 { 2 } else { 4 })?;
        while let Some((name, mut content)) = list.next_box()? {
            let (version, flags) = content.version()?;
            // Before version 2 an item is of no kind.
            if name != *b"infe" || version < 2 {
                continue;
            }
            let id = content.id(version >= 3)?;
            let protected = content.number(2)? != 0;
            let kind = content.name()?;
            let item = self.entry(id)?;
            (item.kind, item.hidden, item.protected) = (kind, flags & 1 != 0, protected);
        }
        Ok(())
    }

    fn places(&mut self, mut list: Bytes<'_>) -> Result<(), Odd> {
        let (version, _) = list.version()?;
        let sizes = list.number(2)?;
        let [offset, length, base, index] = [12, 8, 4, 0].map(|shift| (sizes >> shift & 15) as usize);
        let count = list.number(if version < 2 { 2 } else { 4 })?;
        for _ in 0..count {
            let id = list.id(version >= 2)?;
            let method = if version == 0 { 0 } else { list.number(2)? & 15 };
            let elsewhere = list.number(2)? != 0;
            let base = list.number(base)?;
            let extents = list.number(2)? as usize;
            if extents > EXTENTS_MAX {
                return Err(Odd::Large("pieces"));
            }
            let item = self.entry(id)?;
            item.inside = method == 1;
            for _ in 0..extents {
                if version > 0 {
                    list.number(index)?;
                }
                let at = list.number(offset)?.checked_add(base).ok_or(Odd::Damaged)?;
                item.extents.push((at, list.number(length)?));
            }
            // In another file, or in another item: nothing here has these.
            if elsewhere || method > 1 || item.extents.len() > EXTENTS_MAX {
                item.extents.clear();
            }
        }
        Ok(())
    }

    fn said(&mut self, mut list: Bytes<'_>) -> Result<(), Odd> {
        while let Some((name, mut content)) = list.next_box()? {
            match &name {
                b"ipco" => {
                    while let Some((name, content)) = content.next_box()? {
                        if self.properties.len() >= PROPERTIES_MAX {
                            return Err(Odd::Large("properties"));
                        }
                        self.properties.push(Property::of(name, content)?);
                    }
                }
                b"ipma" => self.associate(content)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn associate(&mut self, mut list: Bytes<'_>) -> Result<(), Odd> {
        let (version, flags) = list.version()?;
        let count = list.number(4)?;
        for _ in 0..count {
            let id = list.id(version >= 1)?;
            let associations = list.number(1)?;
            let item = self.entry(id)?;
            for _ in 0..associations {
                let (bytes, essential) = if flags & 1 == 0 { (1, 0x80) } else { (2, 0x8000) };
                let number = list.number(bytes)?;
                // A byte says how many: an item that is named more often is named without an end.
                if item.properties.len() > usize::from(u8::MAX) {
                    return Err(Odd::Large("properties"));
                }
                item.properties.push(((number & (essential - 1)) as usize, number & essential != 0));
            }
        }
        Ok(())
    }

    fn refer(&mut self, mut list: Bytes<'_>) -> Result<(), Odd> {
        let (version, _) = list.version()?;
        while let Some((kind, mut content)) = list.next_box()? {
            if self.references.len() >= ITEMS_MAX {
                return Err(Odd::Large("references"));
            }
            let from = content.id(version >= 1)?;
            let count = content.number(2)?;
            let to = (0..count).map(|_| content.id(version >= 1)).collect::<Result<_, _>>()?;
            self.references.push(Reference { kind, from, to });
        }
        Ok(())
    }

    pub(super) fn item(&self, id: u32) -> Result<&Item, Odd> {
        self.items.get(&id).filter(|item| item.kind != [0; 4]).ok_or(Odd::Damaged)
    }

    /// What is said of an item, in its order.
    pub(super) fn properties(&self, item: &Item) -> impl Iterator<Item = (&Property, bool)> {
        let said = item.properties.iter();
        said.filter_map(|(number, essential)| {
            Some((self.properties.get(number.checked_sub(1)?)?, *essential))
        })
    }

    /// The items that this one is made of.
    pub(super) fn parts(&self, id: u32) -> &[u32] {
        let parts =
            self.references.iter().find(|reference| reference.kind == *b"dimg" && reference.from == id);
        parts.map_or(&[], |parts| &parts.to)
    }

    /// The items that belong to this one in such a way.
    fn belonging<'a>(&'a self, kind: &'a [u8; 4], id: u32) -> impl Iterator<Item = u32> + 'a {
        let all = self.references.iter();
        all.filter(move |reference| reference.kind == *kind && reference.to.contains(&id))
            .map(|reference| reference.from)
    }

    /// How opaque this one is, if it says so.
    pub(super) fn opacity(&self, id: u32) -> Option<u32> {
        let mut auxiliary = self.belonging(b"auxl", id);
        auxiliary.find(|id| {
            let item = self.items.get(id);
            item.is_some_and(|item| self.properties(item).any(|(said, _)| *said == Property::Opacity))
        })
    }

    /// The item that holds what the camera wrote of this one.
    pub(super) fn exif(&self, id: u32) -> Option<u32> {
        let mut telling = self.belonging(b"cdsc", id);
        telling.find(|id| self.items.get(id).is_some_and(|item| item.kind == *b"Exif"))
    }

    /// How many pictures there are to be seen: what belongs to another, or is a part of one, is none of its own.
    pub(super) fn pictures(&self) -> usize {
        let mut bound = BTreeSet::new();
        for reference in &self.references {
            match &reference.kind {
                b"auxl" | b"thmb" => bound.extend([reference.from]),
                b"dimg" => bound.extend(&reference.to),
                _ => {}
            }
        }
        let is_picture = |item: &Item| {
            !item.hidden
                && matches!(&item.kind, b"hvc1" | b"hev1" | b"av01" | b"grid" | b"iden" | b"iovl" | b"jpeg")
        };
        let others = self.items.iter().filter(|(id, item)| **id != self.primary && is_picture(item));
        1 + others.filter(|(id, _)| !bound.contains(*id)).count()
    }

    /// The content of an item.
    pub(super) fn content(
        &self,
        item: &Item,
        file: &mut (impl Read + Seek),
    ) -> io::Result<Result<Vec<u8>, Odd>> {
        let mut content = Vec::new();
        for (at, bytes) in item.extents.iter().copied() {
            let room = ITEM_BYTES_MAX - content.len() as u64;
            if bytes > room {
                return Ok(Err(Odd::Large("bytes of one picture")));
            }
            let wanted = if bytes == 0 { room } else { bytes };
            let before = content.len() as u64;
            if item.inside {
                let rest = usize::try_from(at).ok().and_then(|at| self.data.get(at..)).unwrap_or_default();
                rest.take(wanted).read_to_end(&mut content)?;
            } else if i64::try_from(at).is_ok() {
                file.seek(SeekFrom::Start(at))?;
                file.by_ref().take(wanted).read_to_end(&mut content)?;
            }
            if content.len() as u64 - before < bytes {
                return Ok(Err(Odd::Damaged));
            }
        }
        Ok(if content.is_empty() { Err(Odd::Damaged) } else { Ok(content) })
    }
}

impl Property {
    fn of(name: [u8; 4], mut content: Bytes<'_>) -> Result<Self, Odd> {
        Ok(match &name {
            b"ispe" => {
                content.version()?;
                Self::Size(content.number(4)? as u32, content.number(4)? as u32)
            }
            b"hvcC" => Self::Hevc(content.0.to_vec()),
            b"colr" => match content.take(4)? {
                b"prof" | b"rICC" => Self::Profile(content.0.to_vec()),
                b"nclx" => {
                    let mut code = || content.number(2).map(|code| code as u16);
                    let codes = [code()?, code()?, code()?];
                    Self::Colours(codes, content.number(1)? & 0x80 != 0)
                }
                _ => Self::Said,
            },
            b"irot" => Self::Turn(content.number(1)? as u8 & 3),
            b"imir" => Self::Mirror(content.number(1)? & 1 != 0),
            b"clap" => {
                let mut number = || content.number(4).map(|number| i64::from(number as u32 as i32));
                let mut fraction = || Ok::<_, Odd>((number()?, number()?));
                Self::Cut([fraction()?, fraction()?, fraction()?, fraction()?])
            }
            b"auxC" => {
                content.version()?;
                match content.0.split(|byte| *byte == 0).next() {
                    Some(b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha" | b"urn:mpeg:hevc:2015:auxid:1") => {
                        Self::Opacity
                    }
                    _ => Self::Said,
                }
            }
            // Pixels, layers, light, texts.
            b"av1C" | b"pixi" | b"pasp" | b"lsel" | b"a1op" | b"a1lx" | b"mdcv" | b"clli" | b"cclv"
            | b"amve" | b"rloc" | b"udes" | b"altt" | b"crtt" | b"mdft" | b"free" | b"uuid" => Self::Said,
            _ => Self::Unknown(name),
        })
    }
}

/// Reads what is in random bytes, and what it leads to.
#[cfg(any(test, feature = "fuzz"))]
pub(in crate::child) fn tried(input: &[u8]) {
    let mut file = io::Cursor::new(input);
    let Ok(Ok(items)) = Items::read(&mut file) else { return };
    let primary = items.primary;
    let parts = items.parts(primary).first().copied();
    for id in [Some(primary), parts, items.opacity(primary), items.exif(primary)].into_iter().flatten() {
        let Ok(item) = items.item(id) else { continue };
        let _ = (items.properties(item).count(), items.content(item, &mut file));
    }
    assert!(items.pictures() <= ITEMS_MAX + 1);
}

#[cfg(test)]
mod tests;
