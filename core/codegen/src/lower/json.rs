//! `jsonEncode` and `jsonDecode`: one function per type that is made of parts; the library does the rest ([`nostos_check::json`]).

use super::Ctx;
use crate::ir::{Expr, Kind, Tree, VarId};
use crate::layout::{Form, TyId};
use crate::mono::Synth;
use nostos_abi::builtin::Leaf;
use nostos_check::hir::{FnInst, PrimOp, Selected};
use nostos_check::json::{Codec, codec};
use nostos_check::ty::{IntTy, Ty};
use std::sync::Arc;

impl Ctx<'_> {
    fn codec(&self, of: &Ty) -> Codec {
        codec(of, |name| self.world.meaning.library_type(name))
    }

    pub(super) fn json_ty(&self) -> Ty {
        let json = self.world.meaning.library_type("Json");
        json.map_or(Ty::Unit, |id| Ty::Adt(id, [].into()))
    }

    /// A call of a public function of the library.
    fn library(&mut self, name: &str, types: &[Ty], args: Vec<Expr>, ty: TyId, at: u32) -> Expr {
        let Some(id) = self.world.meaning.library_fn(name) else {
            return self.fail(format!("the library has no {name}"), ty, at);
        };
        let args_of: Arc<[Ty]> = types.into();
        let selected = Selected::Fn(FnInst { id, args: args_of });
        self.call_selected(&selected, args, ty, at)
    }

    /// The value as `Json`.
    pub(super) fn json_encode(&mut self, value: Expr, at: u32) -> Expr {
        let of = self.ty_of(value.ty);
        let json = self.json_ty();
        let json = self.ty(&json);
        match self.codec(&of) {
            Codec::Library(name, types) => {
                self.library(&format!("jsonOf{name}"), &types, vec![value], json, at)
            }
            Codec::Sized(..) => {
                let wide = self.prim(PrimOp::ToInt(IntTy::I64), vec![value], TyId::INT, at);
                self.library("jsonOfInt", &[], vec![wide], json, at)
            }
            Codec::Float32 => {
                let wide = self.prim(PrimOp::ToFloat, vec![value], TyId::FLOAT, at);
                self.library("jsonOfFloat", &[], vec![wide], json, at)
            }
            Codec::Parts if matches!(self.world.layouts.get(value.ty).form, Form::Data(_)) => {
                self.synth(Synth::JsonEncode, &of, vec![value], json, at)
            }
            Codec::Parts | Codec::None => self.no_json(&of, json, at),
        }
    }

    /// A value of this type from `Json`.
    pub(super) fn json_decode(&mut self, json: Expr, of: &Ty, at: u32) -> Expr {
        let ty = self.ty(of);
        match self.codec(of) {
            Codec::Library(name, types) => {
                self.library(&format!("jsonTo{name}"), &types, vec![json], ty, at)
            }
            Codec::Sized(width, low, high) => {
                let bounds = [low, high].map(|n| Expr::word(n, TyId::INT, at));
                let [low, high] = bounds;
                let args = vec![json, low, high];
                let wide = self.library("jsonToSized", &[], args, TyId::INT, at);
                self.prim(PrimOp::ToInt(width), vec![wide], ty, at)
            }
            Codec::Float32 => {
                let wide = self.library("jsonToFloat", &[], vec![json], TyId::FLOAT, at);
                self.prim(PrimOp::ToFloat32, vec![wide], ty, at)
            }
            Codec::Parts if matches!(self.world.layouts.get(ty).form, Form::Data(_)) => {
                self.synth(Synth::JsonDecode, of, vec![json], ty, at)
            }
            Codec::Parts | Codec::None => self.no_json(of, ty, at),
        }
    }

    fn no_json(&mut self, of: &Ty, ty: TyId, at: u32) -> Expr {
        let name = self.world.layouts.type_name(self.world.meaning, of);
        self.fail(format!("{name} has no JSON form"), ty, at)
    }

    fn list_of(&mut self, item: &Ty, items: Vec<Expr>) -> Expr {
        let ty = self.ty(&Ty::Adt(self.world.meaning.list(), [item.clone()].into()));
        let nil = Expr::new(Kind::Make(0, vec![]), ty, 0);
        if items.is_empty() {
            return nil;
        }
        let items = items.into_iter().map(|item| vec![item]).collect();
        Expr::new(Kind::Chain(1, items, Box::new(nil)), ty, 0)
    }

    fn field_of(&self, value: VarId, ctor: u32, field: usize, ty: TyId) -> Expr {
        let value = Box::new(self.read(value, 0));
        Expr::new(Kind::Get(value, ctor, field as u32), ty, 0)
    }

    pub(super) fn json_encode_body(&mut self, of: &Ty, a: VarId) -> (TyId, Expr) {
        let json = self.json_ty();
        let json_id = self.ty(&json);
        let data = self.world.layouts.data(self.fun.vars[a.0 as usize].ty);
        let mut arms = Vec::new();
        let mut cases = Vec::new();
        for (ctor, layout) in data.ctors.iter().enumerate() {
            let mut values = Vec::new();
            for (i, (_, field)) in layout.fields.iter().enumerate() {
                let value = self.field_of(a, ctor as u32, i, *field);
                values.push(self.json_encode(value, 0));
            }
            let values = self.list_of(&json, values);
            cases.push((ctor as u32, Tree::Arm(ctor as u32)));
            arms.push(if matches!(of, Ty::Tuple(_)) {
                self.library("jsonOfItems", &[], vec![values], json_id, 0)
            } else {
                let names: Vec<Arc<str>> = layout.fields.iter().map(|f| f.0.clone()).collect();
                let names = self.names_of(&names);
                let (name, mut args) = if data.record {
                    ("jsonOfRecord", vec![])
                } else {
                    ("jsonOfVariant", vec![self.string(&layout.name, 0)])
                };
                args.extend([names, values]);
                self.library(name, &[], args, json_id, 0)
            });
        }
        (json_id, self.by_ctor_of(a, cases, arms, json_id))
    }

    /// Names of fields; empty for those that have none.
    fn names_of(&mut self, names: &[Arc<str>]) -> Expr {
        let texts = names.iter().map(|name| self.string(name, 0)).collect();
        self.list_of(&Ty::String, texts)
    }

    pub(super) fn json_decode_body(&mut self, of: &Ty, json: VarId) -> Expr {
        let ty = self.ty(of);
        let shown = self.world.layouts.type_name(self.world.meaning, of);
        let shown = self.string(&shown, 0);
        let data = self.world.layouts.data(ty);
        let json_ty = self.json_ty();
        let parts_ty = self.ty(&Ty::Array(Arc::new(json_ty)));
        let read = self.read(json, 0);
        if matches!(of, Ty::Tuple(_)) || data.record {
            let fields = data.ctors[0].fields.clone();
            let parts = if data.record {
                let names: Vec<Arc<str>> = fields
                    .iter()
                    .map(|(name, ty)| {
                        let optional =
                            matches!(self.codec(&self.ty_of(*ty)), Codec::Library("Option", _));
                        if optional {
                            format!("{name}?").into()
                        } else {
                            name.clone()
                        }
                    })
                    .collect();
                let names = self.names_of(&names);
                self.library("jsonToFields", &[], vec![read, shown, names], parts_ty, 0)
            } else {
                let count = Expr::word(fields.len() as i64, TyId::INT, 0);
                self.library("jsonToItems", &[], vec![read, count], parts_ty, 0)
            };
            let types: Vec<TyId> = fields.iter().map(|f| f.1).collect();
            return self.json_made(ty, 0, parts, parts_ty, &types);
        }
        let tag = self.temp(TyId::STRING);
        let tag_of = self.library("jsonToTag", &[], vec![read, shown.clone()], TyId::STRING, 0);
        let given = self.read(tag, 0);
        let mut otherwise = self.library(
            "jsonUnknownTag",
            std::slice::from_ref(of),
            vec![given, shown.clone()],
            ty,
            0,
        );
        for (ctor, layout) in data.ctors.iter().enumerate().rev() {
            let names: Vec<Arc<str>> = layout.fields.iter().map(|f| f.0.clone()).collect();
            let names = self.names_of(&names);
            let types: Vec<TyId> = layout.fields.iter().map(|f| f.1).collect();
            let args = vec![self.read(json, 0), shown.clone(), names];
            let parts = self.library("jsonToParts", &[], args, parts_ty, 0);
            let made = self.json_made(ty, ctor as u32, parts, parts_ty, &types);
            let is = vec![self.read(tag, 0), self.string(&layout.name, 0)];
            let is = Expr::new(Kind::Leaf(Leaf::StringEq, is), TyId::BOOL, 0);
            otherwise = Expr::new(Kind::If(Box::new([is, made, otherwise])), ty, 0);
        }
        Expr::new(Kind::Block(vec![self.let_(tag, tag_of), otherwise]), ty, 0)
    }

    /// A constructor's value from an array of its parts.
    fn json_made(
        &mut self,
        ty: TyId,
        ctor: u32,
        parts: Expr,
        parts_ty: TyId,
        types: &[TyId],
    ) -> Expr {
        let held = self.temp(parts_ty);
        let hold = self.let_(held, parts);
        let json = self.json_ty();
        let json = self.ty(&json);
        let mut fields = Vec::new();
        for (i, field) in types.iter().enumerate() {
            let get = [self.read(held, 0), Expr::word(i as i64, TyId::INT, 0)];
            let part = Expr::new(Kind::ArrayGet(Box::new(get)), json, 0);
            let of = self.ty_of(*field);
            fields.push(self.json_decode(part, &of, 0));
        }
        let made = Expr::new(Kind::Make(ctor, fields), ty, 0);
        Expr::new(Kind::Block(vec![hold, made]), ty, 0)
    }

    /// The name of the constructor of a value; of other values, the type's.
    pub(super) fn tag_of(&mut self, value: Expr, at: u32) -> Expr {
        let of = value.ty;
        let held = self.temp(of);
        let hold = self.let_(held, value);
        let ty = self.ty_of(of);
        let data = match (&ty, &self.world.layouts.get(of).form) {
            (Ty::Adt(..), Form::Data(data)) => data.clone(),
            _ => {
                let name = self.world.layouts.type_name(self.world.meaning, &ty);
                let items = vec![hold, self.string(&name, at)];
                return Expr::new(Kind::Block(items), TyId::STRING, at);
            }
        };
        let cases = (0..data.ctors.len() as u32)
            .map(|c| (c, Tree::Arm(c)))
            .collect();
        let arms = data
            .ctors
            .iter()
            .map(|c| self.string(&c.name, at))
            .collect();
        let name = self.by_ctor_of(held, cases, arms, TyId::STRING);
        Expr::new(Kind::Block(vec![hold, name]), TyId::STRING, at)
    }
}
