//! Heaps, collections and schedulers: snapshots, the way through them, differences, freezing, what is bounded.

use crate::driver::Driver;
use nostos_tui::state::heaps::Page;
use nostos_tui::state::{Panel, View};
use serde_json::{Value, json};

fn said(d: &Driver) -> String {
    d.state
        .message
        .clone()
        .map_or_else(String::new, |(_, text)| text)
}

fn page(d: &Driver) -> Option<Page> {
    d.state.heaps.pages.last().map(|p| p.page.clone())
}

fn heap(name: &str) -> Driver {
    let mut d = Driver::new(name, (120, 40));
    d.keys("<space>3");
    d.wait(1000);
    d.wait(1000);
    d
}

fn line(d: &Driver, of: &str) -> String {
    let screen = d.screen();
    let found = screen.lines().find(|l| l.contains(of));
    found
        .unwrap_or_else(|| panic!("no `{of}`\n{screen}"))
        .to_owned()
}

#[test]
fn processes_stand_by_their_heaps_whatever_sorts_them_elsewhere() {
    let d = heap("by-heap");
    let shown: Vec<u64> = d.state.shown_processes().iter().map(|p| p.id).collect();
    assert_eq!(shown, [2, 3, 4, 5, 1]);
    assert_eq!(d.state.selected, Some(2));
}

#[test]
fn a_snapshot_leads_from_types_to_objects_to_who_refers_to_one_and_back() {
    let mut d = heap("drill");
    d.keys("n");
    assert_eq!(page(&d), Some(Page::Types(1)));
    assert!(
        said(&d).starts_with("#1 alice: 451,121 living objects, 40 MB; held for 1.9 ms"),
        "{}",
        said(&d)
    );
    assert_eq!(d.state.panel(), Panel::Heap);
    // The marks of sorting: what a function keeps alive comes first.
    assert_eq!(d.state.type_lines()[0].name, "function loop");
    d.keys("j<ret>");
    assert_eq!(
        page(&d),
        Some(Page::Objects(1, "Map[String, Int]".to_owned()))
    );
    assert!(
        d.screen()
            .contains("41,000 objects, the 200 that retain most"),
        "{}",
        d.screen()
    );
    d.keys("<ret>");
    assert_eq!(page(&d), Some(Page::Object(1, 0)));
    let screen = d.screen();
    for part in [
        "Parts 3 of 1204",
        "Referred to by 2",
        "Path from the root",
        "bank.nos:6",
        "Retained by",
    ] {
        assert!(screen.contains(part), "{part}\n{screen}");
    }
    // The cursor stands on the first part; the third leads to another object.
    d.keys("jj<ret>");
    assert_eq!(page(&d), Some(Page::Object(1, 1)));
    d.keys("<left>h<esc>");
    assert_eq!(page(&d), Some(Page::Types(1)));
    d.keys("<esc>");
    assert_eq!(page(&d), None);
    // The way from a frame to its line.
    d.keys("<ret>");
    assert!(matches!(page(&d), Some(Page::Objects(2, _))));
    d.keys("<ret>Gkko");
    assert_eq!(
        (d.state.view, d.state.editor.doc().map(|d| d.line())),
        (View::Code, Some(5))
    );
}

#[test]
fn two_snapshots_say_what_is_new_gone_and_grown() {
    let mut d = heap("diff");
    d.keys("<tab>d");
    assert_eq!(
        said(&d),
        "there is no snapshot of it to compare with; n takes one"
    );
    d.keys("n<esc>");
    d.wait(3000);
    d.keys("d");
    assert_eq!(page(&d), Some(Page::Diff(1, 2)));
    let strings = line(&d, "String  ");
    assert!(
        strings.contains("+88,120") && strings.contains("+5.0 MB") && strings.contains("grown"),
        "{strings}"
    );
    assert!(line(&d, "Array[").contains("new"));
    let gone = line(&d, "function loop");
    assert!(gone.contains("-33 MB") && gone.contains("gone"), "{gone}");
    assert!(
        !d.screen().contains("Map[String, Int]"),
        "what is as before is not shown\n{}",
        d.screen()
    );
    assert!(line(&d, "apart").contains("3.0 s apart"));
    // What grew leads to its objects in the newer one.
    d.keys("<ret>");
    assert!(matches!(page(&d), Some(Page::Objects(2, _))));
}

#[test]
fn the_list_of_snapshots_names_marks_and_forgets() {
    let mut d = heap("list");
    d.keys("nN");
    assert_eq!(d.world.numbers.of, [json!(2), Value::Null]);
    assert!(d.screen().contains("4 of 5 processes"), "{}", d.screen());
    d.keys("<tab>");
    assert_eq!(d.state.panel(), Panel::Snapshots);
    d.keys("jmR");
    assert!(d.screen().contains(":snapshot-name"), "{}", d.screen());
    d.keys("before the fair<ret>");
    assert!(
        line(&d, "before the fair").contains("▶#1"),
        "{}",
        d.screen()
    );
    d.keys("kd");
    assert_eq!(page(&d), Some(Page::Diff(1, 2)));
    d.keys("<tab>jx");
    assert_eq!((d.world.numbers.kept.clone(), page(&d)), (vec![2], None));
    assert_eq!(said(&d), "#1 is forgotten");
    assert_eq!(d.state.heaps.marked, None);
}

#[test]
fn what_the_image_forgets_has_types_but_no_objects() {
    let mut d = heap("forgotten");
    d.keys("nnnnn");
    d.keys("<tab>G<ret>");
    assert_eq!(page(&d), Some(Page::Types(1)));
    d.keys("<ret>");
    assert!(
        d.screen().contains("there is no heap snapshot 1"),
        "{}",
        d.screen()
    );
    d.keys("<esc><ret>");
    assert!(
        d.screen().contains("only its types are known"),
        "{}",
        d.screen()
    );
    d.keys("<esc><esc>");
    d.kill();
    d.keys("<tab>kd");
    assert!(
        matches!(page(&d), Some(Page::Diff(..))),
        "differences outlive the image"
    );
    assert!(line(&d, "types only").contains("alice"), "{}", d.screen());
}

#[test]
fn large_heaps_are_not_copied_nor_counted_without_being_asked() {
    let mut d = heap("large");
    d.keys(":set snapshot-limit 10<ret>n");
    assert!(
        said(&d).contains("10485760 at most; :set snapshot-limit allows more"),
        "{}",
        said(&d)
    );
    assert_eq!(d.state.heaps.taking, None);
    let rows = json!({ "processes": [{ "id": 2, "name": "alice", "state": "waiting", "heapBytes": 9_000_000_000u64 }], "total": 1 });
    d.state.take_processes(&rows);
    assert!(!d.state.counts_types(2));
    let body = d
        .world
        .handle("nostos/heap", &json!({ "process": 2, "types": false }))
        .reply
        .unwrap();
    d.state.detail.heap = Some(nostos_tui::proto::heap(&body));
    assert!(
        d.screen().contains("too large to be counted every second"),
        "{}",
        d.screen()
    );
}

#[test]
fn types_are_filtered_and_sorted() {
    let mut d = heap("filter");
    d.keys("n/list<ret>");
    let names = |d: &Driver| {
        d.state
            .type_lines()
            .iter()
            .map(|l| l.name.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&d), ["List[Int]"]);
    assert!(
        d.state.filter.is_empty(),
        "that of the processes is another one"
    );
    d.keys("/<c-u><ret>ss");
    assert_eq!(names(&d)[0], "List[Int]");
    assert_eq!(said(&d), "types by count");
    d.keys("s");
    assert_eq!(names(&d)[0], "List[Int]");
}

#[test]
fn the_detail_of_a_process_says_what_types_retain_once_that_is_known() {
    let mut d = Driver::new("retains", (120, 40));
    d.keys("<space>2");
    d.wait(1000);
    assert!(
        line(&d, "Map[String, Int]").contains("41,000 objects"),
        "{}",
        d.screen()
    );
    d.keys("<tab><tab><tab><ret>");
    assert!(
        matches!(page(&d), Some(Page::Objects(1, _))),
        "{}",
        d.screen()
    );
    d.keys("<space>2");
    assert!(
        line(&d, "Map[String, Int]").contains("retains 33 MB"),
        "{}",
        d.screen()
    );
}

#[test]
fn frozen_views_stand_still_and_rows_stay_under_the_cursor() {
    let mut d = Driver::new("still", (120, 40));
    d.keys("<space>4");
    d.wait(1000);
    d.keys("jjj");
    let number = |d: &Driver| d.state.shown_collections()[d.state.collections.row].number;
    let before = number(&d);
    d.wait(1000);
    assert_eq!(number(&d), before, "new ones come above");
    d.keys(".");
    let screens = |d: &mut Driver| {
        ["<space>4", "<space>5", "<space>3"].map(|keys| {
            d.keys(keys);
            d.screen()
        })
    };
    let frozen = screens(&mut d);
    d.wait(1000);
    d.wait(1000);
    let later = screens(&mut d);
    assert_eq!(frozen, later);
    d.keys(".");
    d.wait(1000);
    assert_ne!(frozen[0], screens(&mut d)[0]);
}

#[test]
fn collections_of_one_process_or_all_and_of_a_minute_or_the_start() {
    let mut d = Driver::new("alone", (120, 40));
    d.keys("<space>4");
    for _ in 0..4 {
        d.wait(1000);
    }
    assert!(line(&d, "Pauses").contains("last 4.0 s"), "{}", d.screen());
    assert!(line(&d, "< 128 µs").contains("100"), "{}", d.screen());
    d.keys("w");
    assert!(line(&d, "< 128 µs").contains("181"), "{}", d.screen());
    d.keys("p");
    d.wait(1000);
    assert!(
        d.screen().contains("Collections of <2> alice"),
        "{}",
        d.screen()
    );
    assert!(
        d.screen().contains("39 minor, 2 major, 21 ms"),
        "{}",
        d.screen()
    );
    assert!(d.state.shown_collections().iter().all(|c| c.process == 2));
    d.keys("p<tab><ret>");
    assert_eq!(
        (d.state.view, d.state.selected),
        (View::Processes, Some(2)),
        "who collects most"
    );
}

#[test]
fn workers_say_how_long_they_were_at_work() {
    let mut d = Driver::new("work", (120, 40));
    d.keys("<space>5");
    for _ in 0..3 {
        d.wait(1000);
    }
    let screen = d.screen();
    assert!(line(&d, "92%").contains("9.8M"), "{screen}");
    assert!(line(&d, "37%").contains("idle"), "{screen}");
    assert!(
        screen.contains("1 timer pending") && screen.contains("1 wait for I/O"),
        "{screen}"
    );
    assert!(
        line(&d, "sleeping ").contains("until a deadline"),
        "{screen}"
    );
    d.keys("<ret>");
    assert_eq!(
        (d.state.view, d.state.selected),
        (View::Processes, Some(3)),
        "what it runs"
    );
}

#[test]
fn a_click_selects_a_type_and_another_opens_it() {
    use nostos_tui::state::{Event, Mouse, MouseKind};
    let mut d = heap("click");
    d.keys("n");
    let screen = d.screen();
    let y = screen
        .lines()
        .position(|l| l.contains("List[Int]"))
        .unwrap() as u16;
    for _ in 0..2 {
        d.event(Event::Mouse(Mouse {
            kind: MouseKind::Press,
            x: 60,
            y,
        }));
    }
    assert_eq!(page(&d), Some(Page::Objects(1, "List[Int]".to_owned())));
}

/// A process that keeps what it is sent, one that sends it, and one that makes garbage.
const SHOP: &str = r#"type Order = Order(Int, String, List[Int])
type Msg = Keep(Order) | Stop

store(kept: List[Order]) -> () = receive {
  Keep(order) -> store(order :: kept)
  Stop -> ()
}

squares(n: Int, acc: List[Int]) -> List[Int] = if n == 0 then acc else squares(n - 1, n * n :: acc)

feed(to: Pid, i: Int) -> () = {
  to <- Keep(Order(i, "order ${i}", squares(20, [])))
  if i % 5 == 0 then sleep(50) else ()
  feed(to, i + 1)
}

churn() -> () = match squares(20000, []) {
  [] -> ()
  _ -> { sleep(5); churn() }
}

main() = {
  shop = spawn { store([]) }
  register("shop", shop)
  register("feeder", spawn { feed(shop, 1) })
  register("churner", spawn { churn() })
  sleep(100000000)
}
"#;

/// A real image tells all of it: what a process keeps, that it grows, who collects, how busy the workers are.
#[test]
fn a_real_image_tells_what_grows_and_who_keeps_it() {
    use crate::tty::Terminal;
    let root = crate::driver::project("heap-real");
    std::fs::remove_file(root.join("bank.nos")).expect("it is there");
    std::fs::write(root.join("main.nos"), SHOP).expect("it is writable");
    let mut t = Terminal::start(&[root.to_str().expect("it is text")], (120, 40));
    t.shows("4 proc");
    t.send("\x1b2");
    t.shows("churner");
    // Only shop is shown: it is selected.
    t.send("/name:shop\r");
    t.shows("1 of 4");
    t.send("\x1b3");
    t.shows("by shallow");
    t.until("the shop has orders", |s| {
        s.contents().contains("List[Order]")
    });
    t.send("n");
    t.shows("shop #1");
    t.until("what orders retain", |s| {
        let rows = s.contents();
        rows.contains("RETAINED") && rows.contains("List[Int]")
    });
    t.send("\r");
    t.shows("OBJECT");
    t.shows("order ");
    t.send("\r");
    t.shows("Path from the root");
    t.shows("Parts 2");
    // It has grown when the next one is taken.
    let size = |screen: &str| {
        let row = screen.lines().find(|l| l.contains("<2>  shop"));
        let row = row.and_then(|l| l.split('│').next());
        row.map(|l| l.split_whitespace().rev().take(2).collect::<String>())
    };
    let before = size(&t.contents());
    t.until("it grows", |s| size(&s.contents()) != before);
    t.send("n");
    t.shows("shop #2");
    t.send("d");
    t.shows("grown");
    t.shows("apart");
    t.send("\x1b4");
    t.until("collections of the churner", |s| {
        let rows = s.contents();
        rows.contains("churner") && rows.contains("MINOR") && rows.contains("promoted,")
    });
    t.send("\x1b5");
    t.until("workers at work", |s| {
        let rows = s.contents();
        rows.contains("workers at work") && rows.contains('%') && rows.contains("timer")
    });
    t.send(".");
    t.shows("frozen; . thaws");
    t.send(".");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}
