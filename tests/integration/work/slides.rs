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
async fn a_drawing_is_drawn() {
    let shelf = Shelf::new();
    let svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 9'><rect width='8' height='9' fill='#0a0'/></svg>";
    let asset = shelf.added("sign.svg", svg.as_bytes()).await;
    assert_eq!(asset.jobs.iter().filter(|job| job.state == JobState::Done).count(), 2, "{:?}", asset.jobs);
    let page = picture(&shelf.stored(&asset.pages[0].file));
    assert_eq!((page.dimensions(), page.get_pixel(10, 10).0), ((3840, 2160), [0, 170, 0]));
}
