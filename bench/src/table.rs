//! The table for people: medians without start-up, and ours divided by each of the others'.

use crate::measure::Cell;
use crate::workload::Workload;

/// Below this a time without start-up is noise, and a ratio of it would be nonsense.
const NOISE: f64 = 0.002;

/// Rows of text, ready to be laid out.
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
    notes: Vec<String>,
    sound: bool,
}

/// Makes the table. The first of the peers is us; `figures` are lines to be added.
pub fn render(
    peers: &[&str],
    rows: &[(Workload, Vec<Cell>)],
    figures: Vec<String>,
    quick: bool,
) -> Table {
    let mut head = vec!["workload".to_owned()];
    for (i, peer) in peers.iter().enumerate() {
        head.push(format!("{peer} ms"));
        if i == 0 {
            head.push("± %".into());
            head.push("ns per operation".into());
        } else {
            head.push(format!("ours / {peer}"));
        }
    }
    let mut notes = figures;
    let body = rows
        .iter()
        .map(|(workload, cells)| {
            let mut row = vec![workload.what.clone()];
            let start_up = workload.name == "empty";
            for (i, cell) in cells.iter().enumerate() {
                row.push(milliseconds(cell));
                if let Cell::Wrong(why) = cell {
                    notes.push(why.clone());
                }
                if i == 0 {
                    row.push(spread(cell));
                    row.push(if quick || start_up {
                        String::new()
                    } else {
                        per_operation(cell, workload)
                    });
                } else {
                    row.push(ratio(&cells[0], cell, start_up));
                }
            }
            row
        })
        .collect();
    if quick {
        notes.push("Sizes were small (--quick): only that everything works has been shown.".into());
    }
    let sound = !rows
        .iter()
        .any(|(_, cells)| cells.iter().any(|c| matches!(c, Cell::Wrong(_))));
    Table {
        head,
        rows: body,
        notes,
        sound,
    }
}

fn milliseconds(cell: &Cell) -> String {
    match (cell, cell.median()) {
        (Cell::Wrong(_), _) => "wrong".into(),
        (_, Some(seconds)) if seconds < 0.1 => format!("{:.1}", seconds * 1e3),
        (_, Some(seconds)) => format!("{:.0}", seconds * 1e3),
        (_, None) => "-".into(),
    }
}

/// Half of the way from the best to the worst, of the median.
fn spread(cell: &Cell) -> String {
    match (cell, cell.median()) {
        (Cell::Times(times), Some(middle)) if times.len() > 1 && middle > 0.0 => {
            format!(
                "{:.0}",
                (times[times.len() - 1] - times[0]) / 2.0 / middle * 100.0
            )
        }
        _ => String::new(),
    }
}

fn per_operation(cell: &Cell, workload: &Workload) -> String {
    cell.median().map_or(String::new(), |seconds| {
        format!(
            "{:.2} per {}",
            seconds * 1e9 / workload.operations as f64,
            workload.operation
        )
    })
}

fn ratio(ours: &Cell, theirs: &Cell, start_up: bool) -> String {
    match (ours.median(), theirs.median()) {
        (Some(a), Some(b)) if start_up || (a > NOISE && b > NOISE) => format!("{:.2}", a / b),
        (Some(_), Some(_)) => "noise".into(),
        _ => String::new(),
    }
}

impl Table {
    /// All programs ran and agreed.
    pub fn sound(&self) -> bool {
        self.sound
    }

    /// What the cells could not say.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Columns padded to one width.
    pub fn text(&self) -> String {
        let lines: Vec<&Vec<String>> = std::iter::once(&self.head).chain(&self.rows).collect();
        let widths: Vec<usize> = (0..self.head.len())
            .map(|i| {
                lines
                    .iter()
                    .map(|l| l[i].chars().count())
                    .max()
                    .unwrap_or(0)
            })
            .collect();
        let mut text = String::new();
        for line in lines {
            for (i, (cell, &width)) in line.iter().zip(&widths).enumerate() {
                if i == 0 {
                    text.push_str(&format!("{cell:<width$}"));
                } else {
                    text.push_str(&format!("  {cell:>width$}"));
                }
            }
            text.push('\n');
        }
        text
    }

    /// The table as a page, with what it was measured on.
    pub fn markdown(&self, machine: &[String], missing: &[String], rounds: u32) -> String {
        let mut text = String::from("# Nostos and others\n\n");
        text.push_str(&format!(
            "Medians of {rounds} interleaved rounds, in milliseconds without start-up (the first row); outputs were compared.\n\n"
        ));
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        text.push_str(&line(&self.head));
        let rule: Vec<String> = (0..self.head.len())
            .map(|i| if i == 0 { "---" } else { "---:" }.to_owned())
            .collect();
        text.push_str(&line(&rule));
        for row in &self.rows {
            text.push_str(&line(row));
        }
        text.push('\n');
        for note in machine.iter().chain(missing).chain(&self.notes) {
            text.push_str(&format!("* {note}\n"));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workload::empty;

    #[test]
    fn ratios_are_ours_by_theirs() {
        let fib = Workload {
            name: "fib".into(),
            what: "fib".into(),
            operation: "call".into(),
            operations: 1_000_000,
            ..empty()
        };
        let rows = [
            (
                empty(),
                vec![Cell::Times(vec![0.010]), Cell::Times(vec![0.001])],
            ),
            (
                fib.clone(),
                vec![
                    Cell::Times(vec![0.27, 0.3, 0.33]),
                    Cell::Times(vec![0.1, 0.2, 0.3]),
                ],
            ),
            (
                fib.clone(),
                vec![Cell::Times(vec![0.3]), Cell::Times(vec![0.0001])],
            ),
            (fib, vec![Cell::Wrong("fib: oh".into()), Cell::Absent]),
        ];
        let table = render(&["Nostos", "C"], &rows, Vec::new(), false);
        assert_eq!(
            table.rows,
            [
                [
                    "start-up: a program that does nothing",
                    "10.0",
                    "",
                    "",
                    "1.0",
                    "10.00"
                ],
                ["fib", "300", "10", "300.00 per call", "200", "1.50"],
                ["fib", "300", "", "300.00 per call", "0.1", "noise"],
                ["fib", "wrong", "", "", "-", ""],
            ]
        );
        assert_eq!(table.notes(), ["fib: oh"]);
        assert!(!table.sound());
        assert!(table.markdown(&[], &[], 5).contains("| fib | 300 | 10 |"));
    }
}
