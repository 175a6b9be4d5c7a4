//! What people read of a value that nobody caught. Bounded, as in the compiled program's report.

use crate::op::{char_quoted, float_text, quoted};
use crate::value::Value;
use crate::world::World;
use nostos_check::ty::{IntTy, Ty};
use nostos_codegen::layout::{Form, TyId};

/// Text longer than this is cut.
const TEXT_MAX: usize = 400;
/// Deeper parts are not shown.
const DEPTH_MAX: usize = 6;
/// Elements of one list that are shown.
const ELEMENTS_MAX: usize = 50;

impl World<'_> {
    /// A thrown box: `kind: text` for a pair of strings, a string bare.
    pub(crate) fn described(&self, thrown: &Value) -> String {
        let boxed = thrown.as_boxed();
        if boxed.ty == TyId::ERROR_PAIR {
            let (kind, text) = (boxed.value.field(0), boxed.value.field(1));
            return format!("{}: {}", kind.str(), text.str());
        }
        match &self.codegen.layouts().get(boxed.ty).ty {
            Ty::String => boxed.value.str().to_string(),
            Ty::Char => crate::leaf::char_of(boxed.value.word()).to_string(),
            _ => {
                let mut out = String::new();
                self.push_shown(&mut out, boxed.ty, &boxed.value, 0);
                out
            }
        }
    }

    fn push_shown(&self, out: &mut String, ty: TyId, value: &Value, depth: usize) {
        if is_full(out) {
            return;
        }
        if depth > DEPTH_MAX {
            out.push('…');
            return;
        }
        let layout = self.codegen.layouts().get(ty);
        match &layout.ty {
            Ty::Unit => out.push_str("()"),
            Ty::Int(IntTy::U64) => out.push_str(&(value.word() as u64).to_string()),
            Ty::Int(_) => out.push_str(&value.word().to_string()),
            Ty::Float => out.push_str(&float_text(value.float())),
            Ty::Float32 => out.push_str(&format!("{:?}", value.float() as f32)),
            Ty::Bool => out.push_str(if value.word() == 0 { "false" } else { "true" }),
            Ty::Char => out.push_str(&char_quoted(crate::leaf::char_of(value.word()))),
            Ty::String => {
                let cut: String = value.str().chars().take(TEXT_MAX).collect();
                out.push_str(&quoted(&cut));
            }
            Ty::Atom => out.push_str(&self.atom(value.word())),
            Ty::Pid => out.push_str(&format!("<pid {}>", value.word())),
            Ty::Ref => out.push_str(&format!("<ref {}>", value.word())),
            Ty::Fn(..) => out.push_str(&format!("<function {}>", value.closure().name)),
            Ty::Array(_) | Ty::Tuple(_) | Ty::Adt(..) => match &layout.form {
                Form::Array(item, _) => {
                    let items = value.array().borrow();
                    let parts = items.iter().take(ELEMENTS_MAX).cloned();
                    let parts = parts.map(|part| (String::new(), *item, part)).collect();
                    let more = items.len() > ELEMENTS_MAX;
                    self.push_parts(out, "[", parts, more, "]", depth);
                }
                Form::Data(data) => {
                    let ctor = value.ctor();
                    let own = &data.ctors[ctor as usize];
                    if is_list(data) {
                        let (parts, more) = list_parts(data.ctors[1].fields[0].1, value);
                        self.push_parts(out, "[", parts, more, "]", depth);
                        return;
                    }
                    let (open, close) = match (data.record, own.fields.is_empty()) {
                        (true, _) => ("{", "}"),
                        (false, true) => ("", ""),
                        (false, false) => ("(", ")"),
                    };
                    let parts = own.fields.iter().enumerate().map(|(i, (name, ty))| {
                        let label = if data.record {
                            format!("{name}: ")
                        } else {
                            String::new()
                        };
                        (label, *ty, value.field(i as u32))
                    });
                    let open = format!("{}{open}", own.name);
                    self.push_parts(out, &open, parts.collect(), false, close, depth);
                }
                Form::Plain | Form::Function => out.push('?'),
            },
            Ty::Never | Ty::Param(_) | Ty::Infer(_) | Ty::Error => out.push('?'),
        }
    }

    fn push_parts(
        &self,
        out: &mut String,
        open: &str,
        parts: Vec<(String, TyId, Value)>,
        more: bool,
        close: &str,
        depth: usize,
    ) {
        out.push_str(open);
        for (i, (label, ty, part)) in parts.iter().enumerate() {
            if i > 0 {
                out.push_str(", ");
            }
            if is_full(out) {
                return;
            }
            out.push_str(label);
            self.push_shown(out, *ty, part, depth + 1);
        }
        if more {
            out.push_str(", …");
        }
        out.push_str(close);
    }
}

fn is_full(out: &mut String) -> bool {
    if out.len() <= TEXT_MAX {
        return false;
    }
    if !out.ends_with('…') {
        out.push('…');
    }
    true
}

/// `List[T]` of the library, told by its constructors.
fn is_list(data: &nostos_codegen::layout::Data) -> bool {
    matches!(&data.ctors[..], [nil, cons] if &*nil.name == "Nil" && nil.fields.is_empty() && &*cons.name == "Cons" && cons.fields.len() == 2)
}

fn list_parts(item: TyId, list: &Value) -> (Vec<(String, TyId, Value)>, bool) {
    let mut parts = Vec::new();
    let mut rest = list.clone();
    while rest.ctor() == 1 {
        if parts.len() == ELEMENTS_MAX {
            return (parts, true);
        }
        parts.push((String::new(), item, rest.field(0)));
        rest = rest.field(1);
    }
    (parts, false)
}
