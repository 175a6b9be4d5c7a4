//! What the debugger does besides stepping: exceptions, data, messages, other statements, values, code that is loaded while a
//! process stands still, loads that are taken back, the past.

use crate::driver::Driver;
use serde_json::{Value, json};

fn said(d: &Driver) -> String {
    d.state
        .message
        .clone()
        .map_or_else(String::new, |(_, text)| text)
}

/// The bank, stopped at line 8.
fn stopped(name: &str) -> Driver {
    let mut d = Driver::new(name, (120, 40));
    d.keys("8G<f9><c-r>");
    d.wait(1000);
    d
}

/// The arguments of the last request of this name.
fn last(d: &Driver, command: &str) -> Value {
    let mut all = d.world.wanted.iter().rev();
    let found = all.find(|(c, _)| c == command);
    found.map_or(Value::Null, |(_, a)| a.clone())
}

#[test]
fn exceptions_are_chosen_with_conditions_and_come_back_with_the_session() {
    let mut d = Driver::new("thrown", (120, 40));
    d.keys("<space>be");
    assert!(
        d.screen().contains("off uncaught exceptions"),
        "{}",
        d.screen()
    );
    d.keys("<ret>");
    let wanted = last(&d, "setExceptionBreakpoints");
    assert_eq!(
        wanted,
        json!({ "filters": ["uncaught"], "filterOptions": [] })
    );
    d.keys(":break-throw all if exception is NoMoney<ret>");
    let option = json!([{ "filterId": "all", "condition": "exception is NoMoney" }]);
    assert_eq!(last(&d, "setExceptionBreakpoints")["filterOptions"], option);
    d.keys(":break-throw nothing<ret>");
    assert!(
        said(&d).contains("none of uncaught, all, linked exit"),
        "{}",
        said(&d)
    );
    // A new image is told again.
    d.keys("<c-r>");
    assert_eq!(
        last(&d, "setExceptionBreakpoints")["filters"],
        json!(["uncaught"])
    );
    d.keys("<space>be<ret>:q!<ret>");
    let kept = d.session.clone().expect("the session is kept");
    let mut again = Driver::bare(d.root.clone(), (120, 40));
    again.event(nostos_tui::state::Event::Session(kept));
    let on: Vec<_> = again
        .state
        .debugging
        .filters
        .iter()
        .filter(|f| f.on)
        .collect();
    assert_eq!(
        (on.len(), on[0].condition.as_str()),
        (1, "exception is NoMoney")
    );
}

#[test]
fn what_was_thrown_is_told_with_its_cause() {
    let mut d = stopped("cause");
    let body = json!({ "reason": "exception", "threadId": 2, "description": "Uncaught exception", "text": "short by 18" });
    d.event(nostos_tui::state::Event::Image(
        nostos_tui::client::Incoming::Event {
            name: "stopped".to_owned(),
            body,
        },
    ));
    let screen = d.screen();
    assert!(
        screen.contains("exception in <2> alice · short by 18"),
        "{screen}"
    );
    assert!(screen.contains("because of the till is shut"), "{screen}");
}

#[test]
fn data_is_watched_over_until_it_is_gone() {
    let mut d = stopped("data");
    // The first variable, `balance`, from its row.
    d.keys("jD");
    let info = last(&d, "dataBreakpointInfo");
    assert_eq!(
        info,
        json!({ "variablesReference": 1000, "name": "balance" })
    );
    let set = json!([{ "dataId": "d-balance", "accessType": "write" }]);
    assert_eq!(last(&d, "setDataBreakpoints")["breakpoints"], set);
    assert!(d.screen().contains("● change of balance"), "{}", d.screen());
    d.keys(":break-data-if balance if balance <gt> 40<ret>");
    let set = last(&d, "setDataBreakpoints")["breakpoints"][0]["condition"].clone();
    assert_eq!(set, "balance > 40");
    d.keys(":break-data log<ret>");
    assert_eq!(said(&d), "log: `log` is no `var`");
    d.keys(":break-data reads total<ret>");
    let set = last(&d, "setDataBreakpoints")["breakpoints"][1]["accessType"].clone();
    assert_eq!(set, "readWrite");
    d.event(nostos_tui::state::Event::Image(
        nostos_tui::client::Incoming::Event {
            name: "breakpoint".to_owned(),
            body: json!({ "reason": "removed", "breakpoint": { "id": 90, "verified": false } }),
        },
    ));
    assert_eq!(d.state.debugging.data.len(), 1, "that of the first number");
}

#[test]
fn n_runs_to_the_next_message_and_shift_n_to_the_next_of_its_shape() {
    let mut d = stopped("messages");
    d.keys("n");
    let screen = d.screen();
    assert!(screen.contains("message Audit"), "{screen}");
    assert!(screen.contains("▶Audit"), "{screen}");
    d.keys("N");
    // Two others came before the next `Audit`.
    assert!(d.screen().contains("message Audit"), "{}", d.screen());
    let asked = d
        .world
        .wanted
        .iter()
        .filter(|(c, _)| c == "nostos/nextMessage");
    assert_eq!(asked.count(), 4);
    assert!(d.state.debugging.until.is_none());
}

#[test]
fn a_process_is_sent_elsewhere_or_into_its_function_anew() {
    let mut d = stopped("elsewhere");
    d.keys("<tab>10G<space>bg");
    assert_eq!(last(&d, "goto"), json!({ "threadId": 2, "targetId": 5 }));
    assert!(d.screen().contains("▶  10"), "{}", d.screen());
    d.keys("12G<space>bg");
    assert_eq!(
        said(&d),
        "<2> cannot be sent to this line from where it stands"
    );
    d.keys("<s-tab>r");
    assert_eq!(last(&d, "restartFrame"), json!({ "frameId": 100 }));
    assert!(d.screen().contains("restart in <2>"), "{}", d.screen());
}

#[test]
fn a_variable_gets_another_value_and_the_old_one_stays_visible() {
    let mut d = stopped("assign");
    d.keys("j=");
    assert!(
        d.screen().contains(":assign balance = 12"),
        "{}",
        d.screen()
    );
    d.keys("<bs><bs>77<ret>");
    let wanted = json!({ "expression": "balance", "value": "77", "frameId": 100 });
    assert_eq!(last(&d, "setExpression"), wanted);
    let screen = d.screen();
    assert!(screen.contains("balance    77          was 12"), "{screen}");
    d.keys(":assign balance = many<ret>");
    assert_eq!(said(&d), "balance stays as it is: this is no Int");
}

#[test]
fn p_evaluates_the_variable_or_the_selection_in_the_frame() {
    let mut d = stopped("evaluate");
    d.keys("jp");
    assert!(d.screen().contains("dbg› balance"), "{}", d.screen());
    d.keys("<tab>8Gfb;<space>bv<s-tab>");
    let typed = d.state.console.history.last().cloned();
    assert_eq!(typed.as_deref(), Some("balance"));
}

#[test]
fn a_name_in_the_code_tells_its_value_or_else_what_it_is() {
    let mut d = stopped("hover");
    d.keys("<tab>8Gfb;K");
    assert_eq!(said(&d), "balance : Int = 12");
    // No variable of the frame.
    d.keys("6GK");
    assert!(
        d.screen().contains("loop : (Int, List[Int]) -> ()"),
        "{}",
        d.screen()
    );
}

#[test]
fn machine_code_is_shown_with_the_place_it_stands_at() {
    let mut d = stopped("code");
    d.keys("<space>bC");
    assert!(
        d.screen().contains("▶ 0x14  cmp rax, rsi"),
        "{}",
        d.screen()
    );
}

#[test]
fn breakpoints_are_switched_off_and_told_apart_by_their_marks() {
    let mut d = stopped("marks-off");
    d.keys("<tab>12G<f9><space>bz9G<space>btn is {n}<ret>14G<space>bfn <gt> 1<ret>");
    let lines: Vec<u64> = d
        .world
        .lines
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|b| b["line"].as_u64())
        .collect();
    assert_eq!(lines, [8, 9, 14], "the one that is off is not told");
    let screen = d.screen();
    for part in [
        "○   12",
        "◆    9",
        "◉   14",
        "● bank.nos:8 hit 1  · ◆ bank.nos:9 log  · ○ bank.nos:12 off  · ◉ bank.nos:14 if n > 1",
        "◆ logs, does not stop",
    ] {
        assert!(screen.contains(part), "{part} is missing\n{screen}");
    }
    d.keys("<space>blnos:12<ret>z");
    assert!(d.world.lines.to_string().contains("12"), "on again");
}

#[test]
fn named_breakpoints_have_conditions() {
    let mut d = Driver::new("named-if", (120, 40));
    d.keys(":break-on bank.transfer if amount <gt> 10 hits 3<ret>");
    let wanted =
        json!([{ "name": "bank.transfer", "condition": "amount > 10", "hitCondition": "3" }]);
    assert_eq!(json!(d.world.named), wanted);
    d.keys(":break-on bank.transfer if amount <gt> 20<ret>");
    assert_eq!(d.world.named[0]["condition"], "amount > 20");
    d.keys("<space>bltransfer<ret>z");
    assert!(d.world.named.is_empty());
    d.keys(":break-on bank.transfer<ret>");
    assert!(d.state.named_breaks.is_empty());
}

#[test]
fn a_process_is_paused_in_the_list_and_let_run_on_there() {
    let mut d = Driver::new("hold", (120, 40));
    d.keys("<space>2p");
    assert!(d.state.stops.contains_key(&2));
    assert_eq!(d.state.view, nostos_tui::state::View::Processes);
    d.keys("p");
    assert!(d.state.stops.is_empty());
    assert_eq!(said(&d), "<2> runs on");
}

#[test]
fn code_is_changed_and_loaded_while_the_process_stands_still() {
    let mut d = stopped("edit");
    d.keys("e");
    let here = d.state.editor.doc().map(|doc| doc.line());
    assert_eq!(here, Some(7));
    assert_eq!(d.state.panel(), nostos_tui::state::Panel::Editor);
    d.keys("4GA + 0<esc>");
    d.world.swaps = Some("bank.loop".to_owned());
    d.keys("<c-s>");
    assert!(d.state.stops.contains_key(&2), "it has not moved");
    let text = said(&d);
    assert!(
        text.contains("loaded v2: bank.loop") && text.contains("<2> stands in the old loop"),
        "{text}"
    );
    let screen = d.screen();
    assert!(
        screen.contains("old code, r runs it again in the new"),
        "{screen}"
    );
    d.keys("<s-tab>r");
    assert!(!d.screen().contains("old code"), "{}", d.screen());
}

#[test]
fn a_load_is_taken_back_and_the_files_stay_as_they_are() {
    let mut d = Driver::new("back", (120, 40));
    d.keys("<space>R");
    assert_eq!(said(&d), "nothing was loaded that could be taken back");
    let first = d.text();
    d.keys("4GA + 0<esc><c-s>");
    let second = d.text();
    d.keys("4GA + 1<esc><c-s><space>R");
    assert!(
        said(&d).starts_with("v2 live again, file is v3"),
        "{}",
        said(&d)
    );
    assert_eq!(d.world.loaded.as_deref(), Some(second.as_str()));
    let file = std::fs::read_to_string(d.root.join("bank.nos")).expect("it is there");
    assert!(file.contains("+ 0 + 1") && d.text() == file);
    // What is here is marked as what the image does not run; the line says it when nothing newer is said.
    let marked = d.screen().lines().any(|l| l.contains("4▎"));
    assert!(marked, "{}", d.screen());
    d.state.message = None;
    assert!(
        d.screen().contains("v2 live again, file is v3"),
        "{}",
        d.screen()
    );
    d.keys("<space>R");
    assert!(
        said(&d).starts_with("v1 live again, file is v3"),
        "{}",
        said(&d)
    );
    assert_eq!(d.world.loaded.as_deref(), Some(first.as_str()));
    d.keys("<space>R");
    assert_eq!(said(&d), "nothing was loaded that could be taken back");
    // Forward again.
    d.keys("<space>r");
    d.state.message = None;
    assert!(!d.screen().contains("again"), "{}", d.screen());
    d.keys("<space>R");
    assert!(
        said(&d).starts_with("v1 live again, file is v6"),
        "{}",
        said(&d)
    );
}

#[test]
fn a_load_that_the_watcher_did_first_is_taken_back_too() {
    let mut d = Driver::new("watcher", (120, 40));
    let first = d.text();
    d.keys("4GA + 0<esc>");
    // What is saved is loaded before it is asked for: the answer has nothing left to tell.
    let body = json!({ "ok": true, "version": 2, "changed": ["bank.account"], "unchanged": 11, "micros": 1 });
    d.event(nostos_tui::state::Event::Image(
        nostos_tui::client::Incoming::Event {
            name: "nostos/reloaded".to_owned(),
            body,
        },
    ));
    d.world.swaps = Some(String::new());
    d.keys("<c-s><space>R");
    assert!(
        said(&d).starts_with("v1 live again, file is v2"),
        "{}",
        said(&d)
    );
    assert_eq!(d.world.loaded.as_deref(), Some(first.as_str()));
}

#[test]
fn marks_of_what_does_not_run_follow_the_loads_of_others() {
    let mut d = Driver::new("others", (120, 40));
    let first = d.text();
    let marked = |d: &Driver| d.screen().lines().any(|l| l.contains("4▎"));
    let told = |d: &mut Driver, version: u64| {
        let body = json!({ "ok": true, "version": version, "changed": ["bank.account"], "unchanged": 11, "micros": 1 });
        d.event(nostos_tui::state::Event::Image(
            nostos_tui::client::Incoming::Event {
                name: "nostos/reloaded".to_owned(),
                body,
            },
        ));
    };
    d.keys("4GA + 0<esc>");
    assert!(marked(&d), "{}", d.screen());
    let second = d.text();
    d.world.loaded = Some(second.clone());
    told(&mut d, 2);
    assert!(!marked(&d), "{}", d.screen());
    // Somebody loads the older text again.
    d.world.loaded = Some(first.clone());
    told(&mut d, 3);
    assert!(marked(&d), "{}", d.screen());
    d.keys("<space>R");
    assert!(said(&d).starts_with("v2 live again"), "{}", said(&d));
    assert_eq!(d.world.loaded.as_deref(), Some(second.as_str()));
    assert!(!marked(&d), "{}", d.screen());
}

#[test]
fn the_past_of_a_traced_process_is_shown_and_walked_through() {
    let mut d = stopped("past");
    assert!(d.screen().contains("x traces <2>"), "{}", d.screen());
    d.keys("x");
    assert_eq!(
        last(&d, "nostos/trace"),
        json!({ "process": 2, "on": true })
    );
    let screen = d.screen();
    for part in [
        "02:50:51.120  recv Deposit(12)",
        "send Ok(0) to <7>",
        "Withdraw(<pid 5>, 30)  ◀ now",
    ] {
        assert!(screen.contains(part), "{part} is missing\n{screen}");
    }
    // What a message changed stands beside it.
    d.keys("<f10>");
    d.wait(1000);
    assert_eq!(last(&d, "nostos/events")["since"], 3);
    assert!(d.screen().contains("balance 12 → 42"), "{}", d.screen());
    d.keys("<s-tab><left><left><ret>");
    assert!(d.screen().contains("Deposit(12)"), "{}", d.screen());
    d.keys("<esc>x");
    assert!(!d.world.traced);
    // Among the processes it has a tab of its own.
    d.keys("<a-2><tab><tab><tab><tab>");
    assert!(
        d.screen().contains("Time line of this process"),
        "{}",
        d.screen()
    );
}

/// An account whose process is asked for money all the time.
const ACCOUNT: &str = r#"type Msg = Deposit(Int) | Withdraw(Pid, Int) | Audit

account(balance: Int) -> () = receive {
  Deposit(n) -> account(balance + n)
  Withdraw(c, n) when n <= balance -> {
    rest = balance - n
    c <- "ok"
    account(rest)
  }
  Withdraw(c, n) -> {
    c <- "short by ${n - balance}"
    account(balance)
  }
}

work(alice: Pid, i: Int) -> () = {
  alice <- Deposit(i)
  alice <- Withdraw(self(), 3)
  receive { answer: String -> () }
  sleep(20)
  work(alice, i + 1)
}

main() = {
  alice = spawn { account(100) }
  register("alice", alice)
  spawn { work(alice, 1) }
  receive { "never" -> () }
}
"#;

/// A real image: a stop, messages, the past, new code while the process stands still, and back.
#[test]
fn a_real_process_is_stopped_changed_and_traced() {
    use crate::tty::Terminal;
    let root = crate::driver::project("stops-real");
    std::fs::remove_file(root.join("bank.nos")).expect("it is there");
    let main = root.join("main.nos");
    std::fs::write(&main, ACCOUNT).expect("it is writable");
    let path = main.to_str().expect("it is text");
    let mut t = Terminal::start(&[path], (120, 40));
    t.shows("3 proc");
    t.send(":break 7\r");
    t.shows("breakpoint in <2> alice");
    t.shows("for you");
    t.send("x");
    t.shows("is traced");
    t.send("n");
    t.shows("message Deposit(");
    t.until("the time line", |s| {
        let rows = s.contents();
        rows.contains("send \"ok\" to <3>") && rows.contains("now")
    });
    // Without the breakpoint between them.
    t.send(":break 7\r");
    t.shows("breakpoints  none");
    t.send("N");
    t.until("the next deposit, over a withdrawal", |s| {
        let rows = s.contents();
        rows.contains("message Deposit(") && rows.contains("recv Withdraw(")
    });
    t.send(":assign balance = 1\r");
    t.shows("balance stays as it is");
    t.send(":break 7\r");
    t.shows("● main.nos:7");
    // On to the breakpoint, where the code is changed and loaded.
    t.send("\x1b[15~");
    t.until("the breakpoint, with its frames", |s| {
        let rows = s.contents();
        rows.contains("breakpoint in <2> alice") && rows.contains("●▶   7")
    });
    t.send("e");
    t.shows("^s saves and loads");
    t.send(":s/balance - n\\n/balance - 2 * n\\n/\r");
    t.send("\x13");
    t.shows("stands in the old account");
    t.shows("old code");
    t.send("\x1b[Z");
    t.send("r");
    t.shows("restart in <2>");
    t.send(" R");
    t.shows("v1 live again, file is v2");
    let text = std::fs::read_to_string(&main).expect("it is there");
    assert!(text.contains("2 * n"), "{text}");
    t.send("\x11");
    assert_eq!(t.exit().0, 0);
}
