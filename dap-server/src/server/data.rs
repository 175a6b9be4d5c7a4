//! Requests about breakpoints of data.

use super::breakpoints::{breakpoint, filled};
use super::{Answer, Connection, DEAD, State, arguments};
use crate::protocol;
use nostos_session::debug::{Access, DataWish, Place, Wish};
use serde_json::{Value, json};

impl Connection {
    pub(super) fn data_breakpoint_info(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::DataBreakpointInfoArguments = arguments(args)?;
        let place = match (args.variables_reference.filter(|r| *r != 0), args.frame_id) {
            (Some(reference), _) => {
                let (pid, place) = state.places.get(&reference).ok_or(DEAD)?;
                Some((*pid, place.clone()))
            }
            (None, Some(id)) => {
                let (pid, index) = *state.frames.get(&id).ok_or(DEAD)?;
                Some((pid, Place::Locals(index)))
            }
            (None, None) => None,
        };
        let place = place.as_ref().map(|(pid, place)| (*pid, place));
        // That something cannot be watched is an answer, and no error.
        let (data, text, reads) = match self.target.data_breakpoint(place, &args.name) {
            Ok(found) => found,
            Err(refusal) => {
                return Ok(json!({ "dataId": null, "description": refusal.0 }));
            }
        };
        let access: &[&str] = match reads {
            true => &["read", "write", "readWrite"],
            false => &["write"],
        };
        Ok(
            json!({ "dataId": data, "description": text, "accessTypes": access, "canPersist": false }),
        )
    }

    pub(super) fn set_data_breakpoints(&self, state: &State, args: &Value) -> Answer {
        let args: protocol::SetDataBreakpointsArguments = arguments(args)?;
        let wishes: Result<Vec<DataWish>, String> = args
            .breakpoints
            .into_iter()
            .map(|wish| {
                let access = match wish.access_type.as_deref() {
                    None | Some("write") => Access::Write,
                    Some("read") => Access::Read,
                    Some("readWrite") => Access::Both,
                    Some(other) => {
                        return Err(format!(
                            "`{other}` is no way to touch data: `read`, `write` or `readWrite`"
                        ));
                    }
                };
                Ok(DataWish {
                    data: wish.data_id,
                    access,
                    wish: Wish {
                        condition: filled(wish.condition),
                        hits: filled(wish.hit_condition),
                        ..Wish::default()
                    },
                })
            })
            .collect();
        let set = self.target.set_data_breakpoints(self.client, &wishes?);
        let set: Vec<_> = set.iter().map(|set| breakpoint(state, set)).collect();
        Ok(json!({ "breakpoints": set }))
    }
}
