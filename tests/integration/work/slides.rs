//! Slides: pictures and documents.

use image::{DynamicImage, ImageFormat, RgbImage};
use marquee::library::{JobState, Step};

use super::*;

fn encoded(image: RgbImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    DynamicImage::from(image).write_to(&mut bytes, format).expect("encoded");
    bytes.into_inner()
}

/// A document of pages of these sizes in points, with a black rectangle on each.
pub(super) fn pdf(sizes: &[(u32, u32)]) -> Vec<u8> {
    let kids: Vec<String> = (0..sizes.len()).map(|page| format!("{} 0 R", 3 + 2 * page)).collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{}] /Count {} >>", kids.join(" "), sizes.len()),
    ];
    for (page, (width, height)) in sizes.iter().enumerate() {
        let content = format!("0 0 {} {} re f", width / 2, height);
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents {} 0 R /Resources << >> >>",
            4 + 2 * page
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    document(&objects)
}

/// The first object is the catalogue.
fn document(objects: &[String]) -> Vec<u8> {
    let (mut file, mut places) = ("%PDF-1.4\n".to_owned(), Vec::new());
    for (number, object) in objects.iter().enumerate() {
        places.push(file.len());
        file += &format!("{} 0 obj\n{object}\nendobj\n", number + 1);
    }
    let start = file.len();
    file += &format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for place in places {
        file += &format!("{place:010} 00000 n \n");
    }
    file += &format!("trailer\n<< /Size {} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1);
    file.into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_every_screen_shows_is_its_own_page() {
    let shelf = Shelf::new();
    let image = RgbImage::from_fn(1000, 500, |x, _| image::Rgb([if x < 500 { 255 } else { 0 }, 0, 0]));
    for (name, format) in [("a.jpg", ImageFormat::Jpeg), ("a.png", ImageFormat::Png)] {
        let asset = shelf.added(name, &encoded(image.clone(), format)).await;
        assert_eq!(asset.pages.len(), 1, "{:?}", asset.jobs);
        assert_eq!(asset.pages[0].file, asset.original);
        assert_eq!((asset.summary.width, asset.summary.height), (1000, 500));
        let thumbnail = picture(&shelf.stored(asset.summary.thumbnail.as_ref().expect("made")));
        assert_eq!(thumbnail.dimensions(), (480, 240));
    }
    let tiff = encoded(image.clone(), ImageFormat::Tiff);
    let asset = shelf.added("a.tiff", &tiff).await;
    assert_eq!(
        (asset.pages[0].file.ext.as_str(), &asset.jobs[0].problem),
        ("png", &String::new()),
        "no browser shows it"
    );
    assert_eq!(picture(&shelf.stored(&asset.pages[0].file)).get_pixel(10, 10).0, [255, 0, 0]);
    let asset = shelf.added("a.webp", &encoded(image, ImageFormat::WebP)).await;
    assert_eq!(asset.pages[0].file.ext, "png", "old TVs don't know WebP");
    assert_eq!(picture(&shelf.stored(&asset.pages[0].file)).dimensions(), (1000, 500));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_of_a_document_is_a_picture() {
    let shelf = Shelf::new();
    let asset = shelf.added("talk.pdf", &pdf(&[(960, 540), (595, 842)])).await;
    let sizes: Vec<_> = asset.pages.iter().map(|page| (page.number, page.width, page.height)).collect();
    assert_eq!(sizes, [(1, 3840, 2160), (2, 2160, 3056)], "{:?}", asset.jobs);
    let first = picture(&shelf.stored(&asset.pages[0].file));
    assert_eq!((first.get_pixel(100, 100).0, first.get_pixel(3000, 100).0), ([0; 3], [255; 3]));
    assert_eq!(
        picture(&shelf.stored(asset.summary.thumbnail.as_ref().expect("made"))).dimensions(),
        (480, 270)
    );

    // Again: what it replaces is gone from the store.
    let path = |page: &marquee::library::Page| shelf.library.store().path(page.file.hash, &page.file.ext);
    let before: Vec<PathBuf> = asset.pages.iter().map(path).collect();
    shelf.work.retry(asset.summary.id, Step::Pages).await.expect("asked for");
    let again = shelf.done(asset.summary.id).await;
    let after: Vec<PathBuf> = again.pages.iter().map(path).collect();
    assert_eq!(before, after, "the same pages are the same files, which are still there");
    assert!(after.iter().all(|path| path.exists()));
    assert!(shelf.work.convert(asset.summary.id).await.is_err(), "a slide is not converted");
    assert_eq!(shelf.left_behind().await, Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_document_lacks_is_told_slow() {
    let shelf = Shelf::new();
    let content = "/F 200 Tf BT 100 100 Td <4E2D6587> Tj ET q 100 0 0 100 500 300 cm /I Do Q";
    let collection = "<< /Registry (Adobe) /Ordering (CNS1) /Supplement 0 >>";
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 960 540] /Contents 4 0 R
            /Resources << /Font << /F 5 0 R >> /XObject << /I 7 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type0 /BaseFont /MSung-Light /Encoding /UniCNS-UCS2-H /DescendantFonts [6 0 R] >>"
            .to_owned(),
        format!("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /MSung-Light /CIDSystemInfo {collection} >>"),
        "<< /Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceRGB /BitsPerComponent 8
            /Filter /DCTDecode /Length 4 >>\nstream\nnone\nendstream"
            .to_owned(),
    ];
    let asset = shelf.added("menu.pdf", &document(&objects)).await;
    let job = asset.jobs.iter().find(|job| job.step == Step::Pages).expect("done");
    assert_eq!(job.state, JobState::Done);
    assert_eq!(
        job.problem,
        "some text may be missing, since its font is not in the document (MSung-Light); \
         some of its pictures can't be read and are left out"
    );
    let whole = shelf.added("whole.pdf", &pdf(&[(960, 540)])).await;
    assert!(whole.jobs.iter().all(|job| job.problem.is_empty()), "{:?}", whole.jobs);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_drawing_is_drawn() {
    let shelf = Shelf::new();
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 9'><rect width='8' height='9' fill='#0a0'/></svg>";
    let asset = shelf.added("sign.svg", svg.as_bytes()).await;
    assert_eq!(asset.jobs.iter().filter(|job| job.state == JobState::Done).count(), 2, "{:?}", asset.jobs);
    let page = picture(&shelf.stored(&asset.pages[0].file));
    assert_eq!((page.dimensions(), page.get_pixel(10, 10).0), ((3840, 2160), [0, 170, 0]));
}

/// Puts a second page behind the first: the same once more, in which all places are moved.
fn doubled(tiff: &[u8]) -> Vec<u8> {
    let long = |at: usize| u32::from_le_bytes(tiff[at..at + 4].try_into().expect("four")) as usize;
    let first = long(4);
    let count = usize::from(u16::from_le_bytes(tiff[first..first + 2].try_into().expect("two")));
    let mut both = tiff.to_vec();
    let again = both.len() as u32;
    // Its values are where those of the first are.
    both.extend_from_slice(&tiff[first..first + 2 + 12 * count + 4]);
    let next = first + 2 + 12 * count;
    both[next..next + 4].copy_from_slice(&again.to_le_bytes());
    both
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_pages_the_first_is_shown_and_the_others_are_told() {
    let shelf = Shelf::new();
    let tiff = encoded(RgbImage::from_pixel(64, 64, image::Rgb([0, 170, 0])), ImageFormat::Tiff);
    assert!(tiff.starts_with(b"II*\0"));
    let asset = shelf.added("scan.tif", &doubled(&tiff)).await;
    let job = asset.jobs.iter().find(|job| job.step == Step::Pages).expect("done");
    assert_eq!(job.state, JobState::Done);
    assert_eq!(job.problem, "it has several pages, of which only the first is shown (1 of 2)");
    assert_eq!(picture(&shelf.stored(&asset.pages[0].file)).get_pixel(9, 9).0, [0, 170, 0]);
    let part = shelf.added("part.tif", &tiff[..tiff.len() / 2]).await;
    assert!(problem(&part, Step::Pages).contains("its end is missing"), "{:?}", part.jobs);
}
