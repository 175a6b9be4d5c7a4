//! The terminal: entering and leaving it, events from it, frames to it. crossterm's types end here.

use super::Message;
use crate::keys::{Code, Key};
use crate::state::{Event, Mouse, MouseKind};
use crate::theme::Theme;
use crate::view::Caret;
use crossterm::cursor::SetCursorStyle;
use crossterm::event::{
    self as ct, KeyCode, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind,
};
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal as tty;
use crossterm::{execute, queue};
use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use std::io::{self, IsTerminal, Stdout, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;

/// Whether the terminal is ours, so that it is given back exactly once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal while it is ours. Dropping it gives it back.
pub struct Screen {
    backend: CrosstermBackend<Stdout>,
    /// What the terminal shows; `None`: unknown.
    shown: Option<Buffer>,
    bar: Option<bool>,
}

fn take() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    tty::enable_raw_mode()?;
    execute!(
        stdout(),
        tty::EnterAlternateScreen,
        ct::EnableMouseCapture,
        ct::EnableBracketedPaste,
        ct::EnableFocusChange
    )
}

/// Gives the terminal back as it was. Called again it does nothing.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // Whatever fails here fails because the terminal is gone.
        let _ = execute!(
            stdout(),
            ct::DisableFocusChange,
            ct::DisableBracketedPaste,
            ct::DisableMouseCapture,
            SetCursorStyle::DefaultUserShape,
            tty::LeaveAlternateScreen,
            crossterm::cursor::Show
        );
        let _ = tty::disable_raw_mode();
    }
}

impl Screen {
    /// Takes the terminal and begins to read from it.
    pub fn enter(messages: Sender<Message>) -> io::Result<Screen> {
        if !io::stdin().is_terminal() || !stdout().is_terminal() {
            return Err(io::Error::other(
                "standard input and output must be a terminal",
            ));
        }
        let main = std::thread::current().id();
        let usual = std::panic::take_hook();
        let trouble = messages.clone();
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().id() == main {
                give_back();
                usual(panic);
            } else {
                let thread = std::thread::current()
                    .name()
                    .unwrap_or("a thread")
                    .to_owned();
                let place = panic
                    .location()
                    .map(|l| format!(" at {}:{}", l.file(), l.line()))
                    .unwrap_or_default();
                // Without the loop there is nobody to tell.
                let _ = trouble.send(Message::Event(Event::Trouble(format!(
                    "our own mistake: the thread `{thread}` panicked{place}"
                ))));
            }
        }));
        take()?;
        // crossterm hears of new sizes from its first question on: asked here, before anybody asks for the size, none is
        // missed, however late the thread below comes to its turn.
        ct::poll(std::time::Duration::ZERO)?;
        std::thread::Builder::new()
            .name("keys".to_owned())
            .spawn(move || listen(&messages))?;
        Ok(Screen {
            backend: CrosstermBackend::new(stdout()),
            shown: None,
            bar: None,
        })
    }

    /// Columns and rows.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        tty::size()
    }

    /// Whether that is what the terminal shows.
    pub fn shows(&self, frame: &Buffer) -> bool {
        self.shown.as_ref() == Some(frame)
    }

    /// Shows a frame; `anew`: what the terminal shows is not trusted.
    pub fn draw(&mut self, frame: Buffer, caret: Option<Caret>, anew: bool) -> io::Result<()> {
        queue!(stdout(), tty::BeginSynchronizedUpdate)?;
        // ratatui's own `Terminal` asks for the cursor's position after a resize, which can time out in a storm of them.
        let before = match self.shown.take() {
            Some(shown) if !anew && shown.area == frame.area => shown,
            _ => {
                queue!(
                    stdout(),
                    SetAttribute(Attribute::Reset),
                    tty::Clear(tty::ClearType::All)
                )?;
                Buffer::empty(frame.area)
            }
        };
        let changed = before.diff(&frame);
        if !changed.is_empty() {
            self.backend.hide_cursor()?;
            self.backend.draw(changed.into_iter())?;
        }
        self.shown = Some(frame);
        match caret {
            Some(caret) => {
                self.backend.set_cursor_position((caret.x, caret.y))?;
                if self.bar != Some(caret.bar) {
                    self.bar = Some(caret.bar);
                    queue!(
                        stdout(),
                        if caret.bar {
                            SetCursorStyle::SteadyBar
                        } else {
                            SetCursorStyle::SteadyBlock
                        }
                    )?;
                }
                self.backend.show_cursor()?;
            }
            None => self.backend.hide_cursor()?,
        }
        execute!(stdout(), tty::EndSynchronizedUpdate)
    }

    /// Asks the terminal for its background (OSC 11). The answer comes as an event, or never.
    pub fn ask_ground(&mut self) -> io::Result<()> {
        if super::ground::answers() {
            stdout().write_all(super::ground::QUESTION)?;
            stdout().flush()?;
        }
        Ok(())
    }

    /// Puts text into the clipboard by the terminal's own means (OSC 52), which works over ssh too.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        write!(stdout(), "\x1b]52;c;{}\x07", base64(text.as_bytes()))?;
        stdout().flush()
    }

    /// Stops this program as the shell's job control expects, and comes back when it is continued.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        take()?;
        self.bar = None;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// The theme that suits the terminal, by what its environment says.
pub fn theme() -> Theme {
    let var = |name| std::env::var(name).unwrap_or_default();
    if crate::theme::without_colours() {
        Theme::mono()
    } else if matches!(var("COLORTERM").as_str(), "truecolor" | "24bit") {
        // `COLORFGBG` ends with the ground: 7 and 15 are light.
        match var("COLORFGBG").rsplit(';').next() {
            Some("7" | "15") => Theme::latte(),
            _ => Theme::mocha(),
        }
    } else {
        Theme::ansi()
    }
}

/// Whether the locale cannot show more than ASCII.
pub fn wants_ascii() -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|v| std::env::var(v).ok().filter(|v| !v.is_empty()));
    // No locale at all is common in containers, whose terminals do show Unicode.
    locale.is_some_and(|l| l == "POSIX")
        || std::env::var("TERM").map_or(true, |t| matches!(t.as_str(), "linux" | "dumb" | ""))
}

fn listen(messages: &Sender<Message>) {
    let mut ground = super::ground::Ground::default();
    loop {
        // The pieces of an answer come at once; what does not go on was keys.
        let read = match ground.waits().map(ct::poll) {
            Some(Ok(false)) => Ok(None),
            Some(Err(e)) => Err(e),
            Some(Ok(true)) | None => ct::read().map(Some),
        };
        let (events, light) = match read {
            Ok(Some(event)) => ground.take(event),
            Ok(None) => (ground.give_back(), None),
            Err(_) => {
                // Without the loop there is nobody to tell.
                let _ = messages.send(Message::Hangup);
                return;
            }
        };
        let light = light.map(|light| Message::Event(Event::Ground(light)));
        for message in events.into_iter().filter_map(translate).chain(light) {
            if messages.send(message).is_err() {
                return;
            }
        }
    }
}

fn translate(event: ct::Event) -> Option<Message> {
    let event = match event {
        ct::Event::Key(key) if key.kind != KeyEventKind::Release => Event::Key(self::key(key)?),
        ct::Event::Mouse(mouse) => {
            let kind = match mouse.kind {
                MouseEventKind::Down(MouseButton::Left) => MouseKind::Press,
                MouseEventKind::Drag(MouseButton::Left) => MouseKind::Drag,
                MouseEventKind::ScrollUp => MouseKind::WheelUp,
                MouseEventKind::ScrollDown => MouseKind::WheelDown,
                _ => return None,
            };
            Event::Mouse(Mouse {
                kind,
                x: mouse.column,
                y: mouse.row,
            })
        }
        ct::Event::Paste(text) => Event::Paste(text),
        ct::Event::Resize(..) => return Some(Message::Resized),
        // The colours may have been changed meanwhile.
        ct::Event::FocusGained => return Some(Message::Focused),
        ct::Event::Key(_) | ct::Event::FocusLost => return None,
    };
    Some(Message::Event(event))
}

fn key(key: ct::KeyEvent) -> Option<Key> {
    let (ctrl, alt) = (
        key.modifiers.contains(KeyModifiers::CONTROL),
        key.modifiers.contains(KeyModifiers::ALT),
    );
    let mut shift = key.modifiers.contains(KeyModifiers::SHIFT);
    let code = match key.code {
        KeyCode::Char(c) => {
            shift = false;
            Code::Char(if ctrl { c.to_ascii_lowercase() } else { c })
        }
        KeyCode::Enter => Code::Enter,
        KeyCode::Esc => Code::Esc,
        KeyCode::Tab => Code::Tab,
        KeyCode::BackTab => {
            shift = true;
            Code::Tab
        }
        KeyCode::Backspace => Code::Backspace,
        KeyCode::Delete => Code::Delete,
        KeyCode::Up => Code::Up,
        KeyCode::Down => Code::Down,
        KeyCode::Left => Code::Left,
        KeyCode::Right => Code::Right,
        KeyCode::Home => Code::Home,
        KeyCode::End => Code::End,
        KeyCode::PageUp => Code::PageUp,
        KeyCode::PageDown => Code::PageDown,
        // Terminals without ⇧F11 send F23 for it.
        KeyCode::F(n @ 13..=24) => {
            shift = true;
            Code::F(n - 12)
        }
        KeyCode::F(n) => Code::F(n),
        _ => return None,
    };
    Some(Key {
        code,
        ctrl,
        alt,
        shift,
    })
}

fn base64(bytes: &[u8]) -> String {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let n = chunk.iter().fold(0u32, |n, b| n << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sign = SIGNS[(n >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { sign as char } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_pads() {
        assert_eq!(base64(b"Nostos"), "Tm9zdG9z");
        assert_eq!(base64(b"ab"), "YWI=");
        assert_eq!(base64(b"a"), "YQ==");
    }
}
