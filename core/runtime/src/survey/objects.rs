//! What a survey tells people: kinds of objects, single ones, their parts, and why they are alive.

use super::dominators::NONE;
use super::{Place, Survey};
use crate::look::desc_name;
use crate::value::{self, Child, Lanes, Memory, Value};
use nostos_abi::desc::{DescTable, View};
use nostos_abi::object::{Lane, is_immediate};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Objects of one type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeLine {
    /// The type.
    pub name: String,
    /// How many are alive.
    pub objects: usize,
    /// Their own bytes.
    pub bytes: u64,
    /// What would go with them: all that can be reached through them only, themselves included.
    pub retained: u64,
}

/// One object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectLine {
    /// Its number in the survey.
    pub object: u32,
    /// Its type.
    pub type_name: String,
    /// It, for people.
    pub text: String,
    /// Its own bytes.
    pub bytes: u64,
    /// What would go with it.
    pub retained: u64,
    /// How many parts it has.
    pub parts: usize,
}

/// A part of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldLine {
    /// Its name, or its place.
    pub name: String,
    /// It, for people.
    pub text: String,
    /// The object it is, if it is one of the survey's.
    pub object: Option<u32>,
}

/// One step from a root to an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A function's frame.
    Frame {
        /// The function.
        function: String,
        /// The file.
        file: String,
        /// Where it goes on.
        line: u32,
    },
    /// Something else that the process keeps.
    Root(&'static str),
    /// An object, and the part of it that leads on; empty at the end, or if it has no name.
    Object(ObjectLine, String),
}

/// All about one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectReport {
    /// It.
    pub line: ObjectLine,
    /// How many parts it has.
    pub total: usize,
    /// Those that were asked for.
    pub fields: Vec<FieldLine>,
    /// A shortest way to it from what keeps it alive; empty for garbage.
    pub path: Vec<Step>,
    /// The object that all ways to it lead through last.
    pub above: Option<u32>,
    /// How many roots and living objects refer to it.
    pub referred: usize,
    /// Some of those: roots, then objects, those that retain most first, with the part that refers to it.
    pub referrers: Vec<Step>,
}

/// Parts of an object that are looked at for the name of a step.
const NAMED: usize = 1000;
/// Of those that refer to an object so many are told.
const REFERRERS: usize = 50;
/// Steps of a way that are told: the first and the last so many.
const STEPS: usize = 50;

impl Survey {
    fn lives(&self, node: usize) -> bool {
        self.tree.above[node] != NONE
    }

    /// Count and bytes of what lives.
    pub fn alive(&self) -> (usize, u64) {
        let root = self.nodes.len();
        (self.tree.order.len() - 1, self.retained[root])
    }

    /// Count and bytes of what nothing refers to any more, and of what was referred to only by what changed meanwhile.
    pub fn garbage(&self) -> (usize, u64) {
        let dead = (0..self.nodes.len()).filter(|node| !self.lives(*node));
        dead.fold((0, 0), |(count, bytes), node| {
            (count + 1, bytes + self.nodes[node].bytes as u64)
        })
    }

    /// Living objects by type, those that retain most first.
    pub fn types(&self, table: &DescTable) -> Vec<TypeLine> {
        let mut names: FxHashMap<u32, u32> = FxHashMap::default();
        let mut lines: Vec<TypeLine> = Vec::new();
        let mut known: FxHashMap<String, u32> = FxHashMap::default();
        let mut kinds = vec![NONE; self.nodes.len()];
        for &node in self.tree.order.iter().skip(1) {
            let desc = self.nodes[node as usize].desc;
            let kind = *names.entry(desc).or_insert_with(|| {
                let name = desc_name(table, desc);
                *known.entry(name.clone()).or_insert_with(|| {
                    lines.push(TypeLine {
                        name,
                        objects: 0,
                        bytes: 0,
                        retained: 0,
                    });
                    lines.len() as u32 - 1
                })
            });
            kinds[node as usize] = kind;
            let line = &mut lines[kind as usize];
            line.objects += 1;
            line.bytes += self.nodes[node as usize].bytes as u64;
        }
        self.add_retained(&kinds, &mut lines);
        lines.sort_by(|a, b| {
            b.retained
                .cmp(&a.retained)
                .then_with(|| a.name.cmp(&b.name))
        });
        lines
    }

    /// What an object retains counts for its type if no other of that type is above it.
    fn add_retained(&self, kinds: &[u32], lines: &mut [TypeLine]) {
        let n = self.nodes.len();
        // The tree downwards, as lists.
        let (mut first, mut next) = (vec![NONE; n + 1], vec![NONE; n + 1]);
        for &node in self.tree.order.iter().skip(1) {
            let above = self.tree.above[node as usize] as usize;
            next[node as usize] = std::mem::replace(&mut first[above], node);
        }
        let mut depth = vec![0u32; lines.len()];
        let mut stack = vec![(n as u32, first[n])];
        while let Some((node, child)) = stack.last_mut() {
            if *child == NONE {
                if (*node as usize) < n {
                    depth[kinds[*node as usize] as usize] -= 1;
                }
                stack.pop();
                continue;
            }
            let at = std::mem::replace(child, next[*child as usize]) as usize;
            let kind = kinds[at] as usize;
            if depth[kind] == 0 {
                lines[kind].retained += self.retained[at];
            }
            depth[kind] += 1;
            stack.push((at as u32, first[at]));
        }
    }

    /// The living objects of a type: how many, and a page of them, those that retain most first.
    pub fn objects(
        &self,
        table: &DescTable,
        type_name: &str,
        start: usize,
        count: usize,
    ) -> (usize, Vec<ObjectLine>) {
        let found = self.found(table, type_name);
        let page = found.iter().skip(start).take(count);
        (found.len(), page.map(|n| self.line(table, *n)).collect())
    }

    /// The living objects of a type in order. It is kept for who asks page by page.
    fn found(&self, table: &DescTable, type_name: &str) -> Arc<[u32]> {
        let mut last = self.found.lock();
        if let Some((name, found)) = &*last
            && name == type_name
        {
            return Arc::clone(found);
        }
        let mut is: FxHashMap<u32, bool> = FxHashMap::default();
        let mut found: Vec<u32> = (0..self.nodes.len() as u32)
            .filter(|node| self.lives(*node as usize))
            .filter(|node| {
                let desc = self.nodes[*node as usize].desc;
                *is.entry(desc)
                    .or_insert_with(|| desc_name(table, desc) == type_name)
            })
            .collect();
        found.sort_by_key(|node| (std::cmp::Reverse(self.retained[*node as usize]), *node));
        let found: Arc<[u32]> = found.into();
        *last = Some((type_name.to_owned(), Arc::clone(&found)));
        found
    }

    /// All about an object, with a page of its parts. `None`: there is no such number.
    pub fn object(
        &self,
        table: &DescTable,
        object: u32,
        start: usize,
        count: usize,
    ) -> Option<ObjectReport> {
        self.nodes.get(object as usize)?;
        let (total, fields) = self.fields(table, object, start, count);
        let above = self.tree.above[object as usize];
        let (referred, referrers) = self.referrers(table, object);
        Some(ObjectReport {
            referred,
            referrers,
            line: self.line(table, object),
            total,
            fields,
            path: self.path(table, object),
            above: (above != NONE && (above as usize) < self.nodes.len()).then_some(above),
        })
    }

    fn memory(&self) -> Memory<'_> {
        Memory::Survey(&self.memory)
    }

    fn line(&self, table: &DescTable, object: u32) -> ObjectLine {
        let node = &self.nodes[object as usize];
        let type_name = desc_name(table, node.desc);
        let text = match self.whole(table, object) {
            Some(value) => value::render(table, self.memory(), value.shape, Lanes(&value.lanes)),
            None => self.plain(table, object),
        };
        ObjectLine {
            object,
            type_name,
            text,
            bytes: node.bytes as u64,
            retained: self.retained[object as usize],
            parts: self.parts(table, object, 0, 0).0,
        }
    }

    /// The value an object is.
    fn whole(&self, table: &DescTable, object: u32) -> Option<Value> {
        value::unbox(
            table,
            self.memory(),
            self.nodes[object as usize].address as u64,
        )
    }

    /// What is no value by itself.
    fn plain(&self, table: &DescTable, object: u32) -> String {
        let node = &self.nodes[object as usize];
        match table.descs.get(node.desc as usize).map(|d| &d.view) {
            Some(View::StringBytes) => {
                let address = node.address as u64;
                let len = self.memory().words(address, 2).map_or(0, |words| words[1]);
                let text = match len {
                    0..23 => None,
                    _ => value::string_text(self.memory(), &[address, 0, len.min(200)]),
                };
                match text {
                    Some(text) => format!("{text:?}"),
                    None => format!("{len} bytes"),
                }
            }
            _ => desc_name(table, node.desc),
        }
    }

    /// One object as in a list. `None`: there is no such number.
    pub fn one(&self, table: &DescTable, object: u32) -> Option<ObjectLine> {
        self.nodes.get(object as usize)?;
        Some(self.line(table, object))
    }

    /// How many parts an object has, and a page of them, for people.
    pub fn fields(
        &self,
        table: &DescTable,
        object: u32,
        start: usize,
        count: usize,
    ) -> (usize, Vec<FieldLine>) {
        if self.nodes.get(object as usize).is_none() {
            return (0, Vec::new());
        }
        let (total, parts) = self.parts(table, object, start, count);
        let field = |Child { name, value }: Child| FieldLine {
            name,
            text: value::render(table, self.memory(), value.shape, Lanes(&value.lanes)),
            object: self.object_of(table, &value),
        };
        (total, parts.into_iter().map(field).collect())
    }

    /// How many parts an object has, and a page of them.
    fn parts(
        &self,
        table: &DescTable,
        object: u32,
        start: usize,
        count: usize,
    ) -> (usize, Vec<Child>) {
        let node = &self.nodes[object as usize];
        let view = table.descs.get(node.desc as usize).map(|d| &d.view);
        if let Some(View::Closure { captured, .. }) = view {
            let width = |shape: nostos_abi::desc::ShapeId| {
                table
                    .shapes
                    .get(shape.0 as usize)
                    .map_or(0, |s| s.lanes.len())
            };
            let all = 1 + captured.iter().map(|c| width(c.1)).sum::<usize>();
            let words = value::payload(self.memory(), node.address as u64, all).unwrap_or_default();
            let mut at = 1;
            let mut all = Vec::new();
            for (name, shape) in captured {
                let lanes = words.get(at..at + width(*shape)).unwrap_or_default();
                at += width(*shape);
                let value = Value {
                    shape: *shape,
                    lanes: lanes.to_vec(),
                };
                let name = name.clone();
                all.push(Child { name, value });
            }
            let total = all.len();
            return (total, all.into_iter().skip(start).take(count).collect());
        }
        let Some(value) = self.whole(table, object) else {
            return (0, Vec::new());
        };
        // What is in a box of its own, or in the cell of a `var`, is its only part.
        let is_itself = value.lanes.first() == Some(&(node.address as u64));
        if !is_itself {
            let name = "value".into();
            let all = [Child { name, value }];
            return (1, all.into_iter().skip(start).take(count).collect());
        }
        // The cell of a list, not the list: its head and the rest.
        value::parts(table, self.memory(), &value, start, count)
    }

    /// The object a value refers to first.
    fn object_of(&self, table: &DescTable, value: &Value) -> Option<u32> {
        let lanes = &table.shapes.get(value.shape.0 as usize)?.lanes;
        let refs = lanes.iter().zip(&value.lanes);
        refs.filter(|(lane, word)| **lane == Lane::Ref && !is_immediate(**word))
            .find_map(|(_, word)| self.node_at(*word))
    }

    /// A shortest way to the object, from the root on.
    fn path(&self, table: &DescTable, object: u32) -> Vec<Step> {
        let root = self.nodes.len() as u32;
        let mut way = Vec::new();
        let mut at = object;
        while at != root {
            way.push(at);
            at = self.whence[at as usize];
            if at == NONE {
                return Vec::new();
            }
        }
        way.reverse();
        let mut steps = vec![self.root_of(way[0])];
        let left_out = way.len().saturating_sub(2 * STEPS);
        for (i, &node) in way.iter().enumerate() {
            if left_out > 0 && (STEPS..STEPS + left_out).contains(&i) {
                continue;
            }
            let name = way.get(i + 1).map(|to| self.leads(table, node, *to));
            steps.push(Step::Object(
                self.line(table, node),
                name.unwrap_or_default(),
            ));
        }
        steps
    }

    /// The name of the part of an object that refers to another; empty if it has none.
    fn leads(&self, table: &DescTable, from: u32, to: u32) -> String {
        let (_, parts) = self.parts(table, from, 0, NAMED);
        let leads = |part: &Child| self.object_of(table, &part.value) == Some(to);
        let name = parts.into_iter().find(leads);
        name.map_or_else(String::new, |part| part.name)
    }

    /// Who refers to an object: how many, and some of them.
    fn referrers(&self, table: &DescTable, object: u32) -> (usize, Vec<Step>) {
        let address = self.nodes[object as usize].address as u64;
        let roots = self.roots.iter().filter(|root| root.word == address);
        let mut told: Vec<Step> = Vec::new();
        let mut count = 0;
        for root in roots {
            let step = step_of(Some(&root.place));
            // A frame may have it twice.
            if !told.contains(&step) {
                count += 1;
                told.push(step);
            }
        }
        let mut found: Vec<u32> = (0..self.nodes.len() as u32)
            .filter(|node| self.lives(*node as usize) && self.edges.of(*node).contains(&object))
            .collect();
        count += found.len();
        found.sort_by_key(|node| (std::cmp::Reverse(self.retained[*node as usize]), *node));
        told.truncate(REFERRERS);
        let room = REFERRERS - told.len();
        let objects = found.into_iter().take(room);
        told.extend(objects.map(|node| {
            let part = self.leads(table, node, object);
            Step::Object(self.line(table, node), part)
        }));
        (count, told)
    }

    fn root_of(&self, node: u32) -> Step {
        let address = self.nodes[node as usize].address as u64;
        let root = self.roots.iter().find(|root| root.word == address);
        step_of(root.map(|root| &root.place))
    }
}

fn step_of(place: Option<&Place>) -> Step {
    match place {
        Some(Place::Frame(code, offset)) => Step::Frame {
            function: code.object.name.clone(),
            file: code.object.file.clone(),
            line: code.line_at(*offset),
        },
        Some(Place::Argument) => Step::Root("an argument"),
        Some(Place::Thrown) => Step::Root("the exception thrown last"),
        Some(Place::Local) => Step::Root("a value the process keeps by name"),
        None => Step::Root("?"),
    }
}
