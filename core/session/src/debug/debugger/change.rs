//! Values of a stopped process that are given others: variables that are read where they are shown, and elements of arrays.

use super::*;
use runtime::{Spot, Standing};
use values::Root;

impl Debugger {
    /// What is named, in a frame or as a part of a place, gets the value of an expression.
    pub(super) fn change(
        &self,
        pid: Pid,
        place: &Place,
        name: &str,
        text: &str,
    ) -> Result<Variable, Refusal> {
        let frame = match place {
            Place::Locals(frame) | Place::Captured(frame) => *frame,
            _ => 0,
        };
        let standing = self.standing_of(pid, place)?;
        let (file, known) = self.known(pid, frame)?;
        let (spot, shape) = self.spot_in(standing, place, name)?;
        let session = &self.session;
        let (finished, _) = session.run_over(&file, &known, standing, text, &Cancel::default())?;
        session.image.write(standing, spot, shape, &finished)?;
        // Lists that were looked at may be reached no more.
        self.lists.lock().remove(&standing);
        let shown = match place {
            Place::Locals(_) | Place::Captured(_) => {
                self.evaluate(Some((pid, frame)), name, &Cancel::default())?
            }
            _ => {
                let index = name.parse().unwrap_or(0);
                let page = Page {
                    start: index,
                    count: 1,
                };
                let found = self.variables(pid, place, Some(page))?;
                found.into_iter().next().ok_or("it is gone")?
            }
        };
        Ok(shown)
    }

    /// The stop that a place is of, which is the one of now for what is looked up anew.
    pub(super) fn standing_of(&self, pid: Pid, place: &Place) -> Result<Standing, Refusal> {
        let now = self.standing(pid)?;
        match place {
            Place::Value {
                standing: Some(then),
                ..
            } if *then != now => Err(Self::has_gone_on()),
            _ => Ok(now),
        }
    }

    /// Where a part of a place can be changed in a stop, which [`Self::standing_of`] has told.
    pub(super) fn spot_in(
        &self,
        standing: Standing,
        place: &Place,
        name: &str,
    ) -> Result<(Spot, nostos_abi::desc::ShapeId), Refusal> {
        match place {
            Place::Locals(frame) | Place::Captured(frame) => {
                let (_, known) = self.known(standing.pid(), *frame)?;
                self.spot_of(standing, &known, name)
            }
            Place::Value {
                shape,
                lanes,
                message: None,
                standing: Some(_),
            } => {
                let value = runtime::Value {
                    shape: nostos_abi::desc::ShapeId(*shape),
                    lanes: lanes.clone(),
                };
                self.element(standing, &value, name)
            }
            _ => Err(format!("`{name}` cannot be changed").into()),
        }
    }

    /// Where a name or `name[index]` can be changed.
    fn spot_of(
        &self,
        standing: Standing,
        known: &[Known],
        path: &str,
    ) -> Result<(Spot, nostos_abi::desc::ShapeId), Refusal> {
        let path = path.trim();
        let (name, index) = match path.split_once('[') {
            Some((name, rest)) => (name, rest.strip_suffix(']')),
            None => (path, None),
        };
        let local = known.iter().find(|local| local.name == name);
        let local = local.ok_or_else(|| format!("`{path}` is no variable of this frame"))?;
        if let Some(index) = index {
            return self.element(standing, &local.value, index);
        }
        let why = || {
            format!(
                "`{name}` cannot be changed: it is no `var`, or its value is in a register here"
            )
        };
        Ok((local.spot.ok_or_else(why)?, local.value.shape))
    }

    fn element(
        &self,
        standing: Standing,
        value: &runtime::Value,
        index: &str,
    ) -> Result<(Spot, nostos_abi::desc::ShapeId), Refusal> {
        let index: usize = index
            .trim()
            .parse()
            .map_err(|_| format!("`{index}` is no number of an element"))?;
        let found = self.reading(standing.pid(), Root::heap(Some(standing)), |reading| {
            if !reading.shape_name(value.shape).starts_with("Array[") {
                return None;
            }
            let (_, found) = reading.children(value, index, 1);
            Some((value.lanes.first().copied()?, found.first()?.value.shape))
        })?;
        let (array, shape) = found.ok_or("only variables and elements of arrays can be changed")?;
        Ok((Spot::Element { array, index }, shape))
    }
}
