//! The one style: asked for, and when saving.

use crate::driver::Driver;

fn opened(name: &str, text: &str) -> Driver {
    let mut d = Driver::new(name, (80, 24));
    std::fs::write(d.root.join("a.nos"), text).expect("a file");
    d.open("a.nos");
    d
}

fn on_disk(d: &Driver) -> String {
    std::fs::read_to_string(d.root.join("a.nos")).expect("a file")
}

#[test]
fn saving_formats_if_that_is_wanted() {
    let mut d = opened("format-save", "f( )=1\n");
    d.keys("ix<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xf( )=1\n", "not unless asked for");
    d.keys(":set format-on-save on<ret>iy<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xyf() = 1\n");
    assert_eq!(d.text(), "xyf() = 1\n");
    assert!(d.screen().contains("a.nos saved"), "{}", d.screen());
    d.keys("u");
    assert_eq!(d.text(), "xyf( )=1\n", "one step of undo");
    d.keys("u");
    assert_eq!(d.text(), "xf( )=1\n");
}

#[test]
fn what_has_mistakes_is_saved_as_it_is_and_said_once() {
    let mut d = opened("format-mistakes", "f( )=(1\n");
    d.keys(":set format-on-save on<ret>ix<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xf( )=(1\n");
    assert!(
        d.screen().contains("a.nos saved as it is: line 1"),
        "{}",
        d.screen()
    );
    d.keys("iy<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xyf( )=(1\n");
    assert!(!d.screen().contains("as it is"), "{}", d.screen());
    // Mended and broken again, it is said again.
    d.keys("geA)<esc>:save<ret>");
    assert_eq!(on_disk(&d), "xyf() = (1)\n");
    d.keys("gegld:save<ret>");
    assert!(d.screen().contains("as it is"), "{}", d.screen());
}

#[test]
fn what_is_asked_for_is_answered() {
    let mut d = opened("format-asked", "f() = (1\n");
    d.keys(":format<ret>");
    assert!(
        d.screen().contains("not formatted: line 1"),
        "{}",
        d.screen()
    );
    let mut d = opened("format-fine", "f() = 1\n");
    d.keys(":format<ret>");
    assert!(
        d.screen().contains("in the style already"),
        "{}",
        d.screen()
    );
    std::fs::write(d.root.join("a.txt"), "f( )\n").expect("a file");
    d.open("a.txt");
    d.keys("=");
    assert!(
        d.screen().contains("only files of the language"),
        "{}",
        d.screen()
    );
    assert_eq!(d.text(), "f( )\n");
}
