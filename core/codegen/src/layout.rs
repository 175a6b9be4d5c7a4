//! Layouts: how a concrete type's values lie in lanes and objects, and the descriptors and shapes that say so to the collector and to people.
//!
//! In: concrete types. Out: [`Layout`]s by [`TyId`], entries of the descriptor table. Descriptors of one type's constructors are consecutive.

use crate::meaning::Meaning;
use nostos_abi::desc::{
    Ctor, Desc, DescTable, Instance, Layout as Payload, Shape, ShapeId, ShapeKind, Signals, View,
    fixed,
};
use nostos_abi::object::{Lane, MAX_INLINE_LANES, STRING_LANES};
use nostos_check::hir::TypeDef;
use nostos_check::ty::{IntTy, Ty, TypeId};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// A concrete type, numbered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct TyId(pub u32);

impl TyId {
    /// `()`
    pub const UNIT: TyId = TyId(0);
    /// `Int`
    pub const INT: TyId = TyId(1);
    /// `Float`
    pub const FLOAT: TyId = TyId(2);
    /// `Bool`
    pub const BOOL: TyId = TyId(3);
    /// `Char`
    pub const CHAR: TyId = TyId(4);
    /// `String`
    pub const STRING: TyId = TyId(5);
    /// `Pid`
    pub const PID: TyId = TyId(6);
    /// `Atom`
    pub const ATOM: TyId = TyId(7);
    /// No value.
    pub const NEVER: TyId = TyId(8);
    /// A box of a value of some type; not a type of the language.
    pub const BOX: TyId = TyId(9);
    /// `(String, String)`
    pub const ERROR_PAIR: TyId = TyId(10);
}

/// How values of a type lie.
#[derive(Clone, Debug)]
pub struct Layout {
    /// The type. ([`TyId::BOX`] says `Never`.)
    pub ty: Ty,
    /// Lanes of a value.
    pub lanes: Arc<[Lane]>,
    /// What they are.
    pub form: Form,
    /// For people.
    pub shape: ShapeId,
}

/// What a type's lanes are.
#[derive(Clone, Debug)]
pub enum Form {
    /// Whatever the type says: numbers, strings, pids, unit, opaque words.
    Plain,
    /// A closure object.
    Function,
    /// An array object with elements of this type and this descriptor.
    Array(TyId, u32),
    /// Constructors.
    Data(Arc<Data>),
}

/// The constructors of a tuple, record or variant.
#[derive(Clone, Debug)]
pub struct Data {
    /// In order; one for tuples and records.
    pub ctors: Vec<CtorLayout>,
    /// One ref lane, objects behind it.
    pub boxed: bool,
    /// Inline and with more than one constructor: lane 0 says which.
    pub tagged: bool,
    /// A boxed tuple or record: the object is its own box.
    pub own_box: Option<u32>,
    /// Fields may be assigned.
    pub mutable: bool,
    /// A record with named fields.
    pub record: bool,
}

/// A constructor.
#[derive(Clone, Debug)]
pub struct CtorLayout {
    /// Its name; empty for tuples.
    pub name: Arc<str>,
    /// Field names and types.
    pub fields: Vec<(Arc<str>, TyId)>,
    /// For each field, for each of its lanes: the lane of the value (inline) or the payload word (boxed).
    pub places: Vec<Vec<u32>>,
    /// Lanes of the object's payload (boxed, with fields).
    pub payload: Vec<Lane>,
    /// Its object's descriptor (boxed, with fields).
    pub desc: Option<u32>,
}

/// Depth of fields within fields at which a recursive type's constructors wait.
const DEEP: u32 = 12;
/// Depth at which a type's name is cut short.
const DEEP_NAME: u32 = 6;

/// All layouts of an image, and its descriptor table.
pub struct Layouts {
    /// Descriptors, shapes, atoms.
    pub table: DescTable,
    entries: Vec<Layout>,
    by_ty: FxHashMap<Ty, TyId>,
    boxes: FxHashMap<TyId, u32>,
    var_cells: FxHashMap<TyId, u32>,
    closures: FxHashMap<(String, Vec<Lane>), u32>,
    atoms: FxHashMap<Arc<str>, u32>,
    recursive: FxHashMap<TypeId, bool>,
    /// How deep in each other's fields the types being laid out are.
    depth: u32,
    /// Recursive types met very deep: they are one ref, their constructors wait until somebody asks. A type may contain ever larger instances of itself.
    unfinished: FxHashMap<TyId, ShapeId>,
    declared: FxHashMap<TypeId, Arc<TypeDef>>,
}

impl Layouts {
    /// The fixed ones.
    pub fn new() -> Layouts {
        let mut layouts = Layouts {
            table: DescTable::new(),
            entries: Vec::new(),
            by_ty: FxHashMap::default(),
            boxes: FxHashMap::default(),
            var_cells: FxHashMap::default(),
            closures: FxHashMap::default(),
            atoms: FxHashMap::default(),
            recursive: FxHashMap::default(),
            depth: 0,
            unfinished: FxHashMap::default(),
            declared: FxHashMap::default(),
        };
        use Lane::{Float, Raw, Ref};
        let pair = Ty::Tuple([Ty::String, Ty::String].into());
        let basic: [(Ty, &[Lane], u32); 8] = [
            (Ty::Unit, &[], fixed::SHAPE_UNIT),
            (Ty::INT, &[Raw], fixed::SHAPE_INT),
            (Ty::Float, &[Float], fixed::SHAPE_FLOAT),
            (Ty::Bool, &[Raw], fixed::SHAPE_BOOL),
            (Ty::Char, &[Raw], fixed::SHAPE_CHAR),
            (Ty::String, &STRING_LANES, fixed::SHAPE_STRING),
            (Ty::Pid, &[Raw], fixed::SHAPE_PID),
            (Ty::Atom, &[Raw], fixed::SHAPE_ATOM),
        ];
        for (ty, lanes, shape) in basic {
            layouts.enter(ty, lanes.to_vec(), Form::Plain, ShapeId(shape));
        }
        let never = ShapeId(fixed::SHAPE_NEVER);
        layouts.enter(Ty::Never, vec![], Form::Plain, never);
        let boxed = layouts.add_shape("Box", vec![Ref], ShapeKind::Opaque);
        layouts.entries.push(Layout {
            ty: Ty::Never,
            lanes: [Ref].into(),
            form: Form::Plain,
            shape: boxed,
        });
        let data = Data {
            ctors: vec![CtorLayout {
                name: "".into(),
                fields: vec![("".into(), TyId::STRING), ("".into(), TyId::STRING)],
                places: vec![vec![0, 1, 2], vec![3, 4, 5]],
                payload: [STRING_LANES, STRING_LANES].concat(),
                desc: Some(fixed::ERROR_PAIR),
            }],
            boxed: true,
            tagged: false,
            own_box: Some(fixed::ERROR_PAIR),
            mutable: false,
            record: false,
        };
        layouts.enter(
            pair,
            vec![Ref],
            Form::Data(Arc::new(data)),
            ShapeId(fixed::SHAPE_ERROR_PAIR),
        );
        layouts.boxes.insert(TyId::STRING, fixed::BOXED_STRING);
        layouts.boxes.insert(TyId::INT, fixed::BOXED_INT);
        layouts.boxes.insert(TyId::UNIT, fixed::BOXED_UNIT);
        layouts
    }

    /// The declared types that have a layout, as they were when they got it.
    pub fn declared(&self) -> impl Iterator<Item = &Arc<TypeDef>> {
        self.declared.values()
    }

    /// The type behind a shape; `None` when several share it (function types do).
    pub fn type_of(&self, shape: ShapeId) -> Option<&Ty> {
        let mut found = self.entries.iter().filter(|known| known.shape == shape);
        let first = found.next()?;
        found.next().is_none().then_some(&first.ty)
    }

    /// A type's layout.
    pub fn get(&self, id: TyId) -> &Layout {
        &self.entries[id.0 as usize]
    }

    /// A type's name, as people see it.
    pub fn shape_name(&self, id: TyId) -> &str {
        &self.table.shapes[self.get(id).shape.0 as usize].name
    }

    /// A type's lanes.
    pub fn lanes(&self, id: TyId) -> Arc<[Lane]> {
        self.get(id).lanes.clone()
    }

    /// A data type's constructors.
    ///
    /// Panics for types without any: that is a mistake of the lowering.
    pub fn data(&self, id: TyId) -> Arc<Data> {
        match &self.get(id).form {
            Form::Data(data) => data.clone(),
            Form::Plain | Form::Function | Form::Array(..) => {
                panic!("{:?} has no constructors", self.get(id).ty)
            }
        }
    }

    /// The number of a concrete type; makes its layout when it is new.
    pub fn of(&mut self, meaning: &dyn Meaning, ty: &Ty) -> TyId {
        if let Some(id) = self.by_ty.get(ty).copied() {
            if self.depth == 0
                && let Some(shape) = self.unfinished.remove(&id)
                && let Ty::Adt(type_id, args) = ty
            {
                self.depth += 1;
                self.constructors(meaning, ty, *type_id, args, Some((id, shape)));
                self.depth -= 1;
            }
            return id;
        }
        self.depth += 1;
        let id = self.new_layout(meaning, ty);
        self.depth -= 1;
        id
    }

    fn new_layout(&mut self, meaning: &dyn Meaning, ty: &Ty) -> TyId {
        match ty {
            Ty::Int(width) => {
                let (kind, name) = int_shape(*width);
                let shape = self.add_shape(name, vec![Lane::Raw], kind);
                self.enter(ty.clone(), vec![Lane::Raw], Form::Plain, shape)
            }
            Ty::Float32 => {
                let shape = self.add_shape("Float32", vec![Lane::Float], ShapeKind::Float32);
                self.enter(ty.clone(), vec![Lane::Float], Form::Plain, shape)
            }
            Ty::Ref => {
                let shape = self.add_shape("Ref", vec![Lane::Raw], ShapeKind::Ref);
                self.enter(ty.clone(), vec![Lane::Raw], Form::Plain, shape)
            }
            Ty::Fn(..) => {
                let name = self.type_name(meaning, ty);
                let shape = self.add_shape(&name, vec![Lane::Ref], ShapeKind::Function);
                self.enter(ty.clone(), vec![Lane::Ref], Form::Function, shape)
            }
            Ty::Array(item) => self.array(meaning, ty, item),
            Ty::Tuple(items) => self.tuple(meaning, ty, items),
            Ty::Adt(id, args) => self.adt(meaning, ty, *id, args),
            Ty::Float
            | Ty::Bool
            | Ty::Char
            | Ty::String
            | Ty::Atom
            | Ty::Unit
            | Ty::Pid
            | Ty::Never => {
                unreachable!("entered by new")
            }
            Ty::Param(_) | Ty::Infer(_) | Ty::Error => panic!("{ty:?} has no layout"),
        }
    }

    /// Tells the runtime how its own messages are laid out, once.
    pub fn know_signals(&mut self, meaning: &dyn Meaning) {
        if self.table.signals.is_some() {
            return;
        }
        let Some(types) = meaning.signals() else {
            return;
        };
        let [down, exit, reason] = types.map(|id| self.of(meaning, &Ty::Adt(id, [].into())));
        let object = |layouts: &Layouts, id: TyId| layouts.data(id).ctors[0].desc;
        let (Some(down_object), Some(exit_object)) = (object(self, down), object(self, exit))
        else {
            panic!("Down and Exit are boxed");
        };
        assert_eq!(
            *self.lanes(reason),
            [Lane::Raw, Lane::Ref, Lane::Raw, Lane::Raw]
        );
        self.table.signals = Some(Signals {
            down_box: self.box_desc(down),
            down: down_object,
            exit_box: self.box_desc(exit),
            exit: exit_object,
            reason_box: self.box_desc(reason),
        });
    }

    /// The descriptor of the box of this type (there is exactly one).
    pub fn box_desc(&mut self, id: TyId) -> u32 {
        if let Form::Data(data) = &self.get(id).form
            && let Some(desc) = data.own_box
        {
            return desc;
        }
        if let Some(desc) = self.boxes.get(&id) {
            return *desc;
        }
        let layout = self.get(id);
        let desc = Desc {
            layout: Payload::Fixed(at_least_one(layout.lanes.to_vec())),
            view: View::Boxed(layout.shape),
        };
        let desc = self.table.add(desc);
        self.boxes.insert(id, desc);
        desc
    }

    /// Is a value of this type its own box?
    pub fn is_own_box(&self, id: TyId) -> bool {
        matches!(&self.get(id).form, Form::Data(data) if data.own_box.is_some())
    }

    /// The descriptor of the cell of a captured `var` of this type.
    pub fn var_cell_desc(&mut self, id: TyId) -> u32 {
        if let Some(desc) = self.var_cells.get(&id) {
            return *desc;
        }
        let layout = self.get(id);
        let desc = Desc {
            layout: Payload::Fixed(at_least_one(layout.lanes.to_vec())),
            view: View::VarCell(layout.shape),
        };
        let desc = self.table.add(desc);
        self.var_cells.insert(id, desc);
        desc
    }

    /// The descriptor of closures of a function with these captures.
    pub fn closure_desc(
        &mut self,
        name: &str,
        captured: Vec<(String, ShapeId)>,
        lanes: Vec<Lane>,
    ) -> u32 {
        let key = (name.to_string(), lanes.clone());
        if let Some(desc) = self.closures.get(&key) {
            return *desc;
        }
        let desc = self.table.add(Desc {
            layout: Payload::Closure(lanes),
            view: View::Closure {
                name: name.to_string(),
                captured,
            },
        });
        self.closures.insert(key, desc);
        desc
    }

    /// An atom's number.
    pub fn atom(&mut self, name: &Arc<str>) -> u32 {
        if let Some(number) = self.atoms.get(name) {
            return *number;
        }
        let number = self.table.atom(name);
        self.atoms.insert(name.clone(), number);
        number
    }

    /// A type as written in source; very deep ones end in dots.
    pub fn type_name(&self, meaning: &dyn Meaning, ty: &Ty) -> String {
        name_of(meaning, ty, 0)
    }

    fn enter(&mut self, ty: Ty, lanes: Vec<Lane>, form: Form, shape: ShapeId) -> TyId {
        let id = TyId(self.entries.len() as u32);
        self.by_ty.insert(ty.clone(), id);
        self.entries.push(Layout {
            ty,
            lanes: lanes.into(),
            form,
            shape,
        });
        id
    }

    fn add_shape(&mut self, name: &str, lanes: Vec<Lane>, kind: ShapeKind) -> ShapeId {
        self.table.shapes.push(Shape {
            name: name.into(),
            instance: None,
            lanes,
            kind,
        });
        ShapeId(self.table.shapes.len() as u32 - 1)
    }

    fn array(&mut self, meaning: &dyn Meaning, ty: &Ty, item: &Ty) -> TyId {
        let name = self.type_name(meaning, ty);
        // The shape's number must be known before that of the elements, which may contain this type.
        let shape = self.add_shape(&name, vec![Lane::Ref], ShapeKind::Opaque);
        let id = self.enter(ty.clone(), vec![Lane::Ref], Form::Function, shape);
        let item = self.of(meaning, item);
        let item_shape = self.get(item).shape;
        let desc = self.table.add(Desc {
            layout: Payload::Elements(self.get(item).lanes.to_vec()),
            view: View::Array(item_shape),
        });
        self.table.shapes[shape.0 as usize].kind = ShapeKind::Array(item_shape);
        self.entries[id.0 as usize].form = Form::Array(item, desc);
        id
    }

    fn tuple(&mut self, meaning: &dyn Meaning, ty: &Ty, items: &[Ty]) -> TyId {
        let fields: Vec<(Arc<str>, TyId)> = items
            .iter()
            .map(|t| ("".into(), self.of(meaning, t)))
            .collect();
        if let Some(id) = self.by_ty.get(ty) {
            return *id;
        }
        let name = self.type_name(meaning, ty);
        let (lanes, places) = self.in_a_row(&fields);
        let boxed = lanes.len() > MAX_INLINE_LANES;
        let kind_fields: Vec<ShapeId> = fields.iter().map(|(_, t)| self.get(*t).shape).collect();
        let outer = if boxed {
            vec![Lane::Ref]
        } else {
            lanes.clone()
        };
        let shape = self.add_shape(&name, outer.clone(), ShapeKind::Opaque);
        let desc = boxed.then(|| {
            self.table.add(Desc {
                layout: Payload::Fixed(lanes.clone()),
                view: View::Boxed(shape),
            })
        });
        self.table.shapes[shape.0 as usize].kind = ShapeKind::Tuple {
            fields: kind_fields,
            boxed: desc,
        };
        let data = Data {
            ctors: vec![CtorLayout {
                name: "".into(),
                fields,
                places,
                payload: lanes,
                desc,
            }],
            boxed,
            tagged: false,
            own_box: desc,
            mutable: false,
            record: false,
        };
        self.enter(ty.clone(), outer, Form::Data(Arc::new(data)), shape)
    }

    fn adt(&mut self, meaning: &dyn Meaning, ty: &Ty, type_id: TypeId, args: &[Ty]) -> TyId {
        let def = meaning.type_def(type_id);
        self.declared.insert(type_id, def.clone());
        let name = self.type_name(meaning, ty);
        if def.ctors.is_empty() {
            let lane = match meaning.opaque() == Some(type_id) {
                true => Lane::Ref,
                false => Lane::Raw,
            };
            let shape = self.add_shape(&name, vec![lane], ShapeKind::Opaque);
            return self.enter(ty.clone(), vec![lane], Form::Plain, shape);
        }
        let recursive = self.is_recursive(meaning, type_id);
        // A recursive type meets itself among its fields: it is known to be one ref before they are looked at.
        let early = (recursive || def.mutable).then(|| {
            let shape = self.add_shape(&name, vec![Lane::Ref], ShapeKind::Opaque);
            (
                self.enter(ty.clone(), vec![Lane::Ref], Form::Plain, shape),
                shape,
            )
        });
        if let Some((id, shape)) = early
            && self.depth > DEEP
        {
            self.unfinished.insert(id, shape);
            return id;
        }
        self.constructors(meaning, ty, type_id, args, early)
    }

    /// Lays out a declared type's constructors; `early` is its number and shape when it is known to be boxed.
    fn constructors(
        &mut self,
        meaning: &dyn Meaning,
        ty: &Ty,
        type_id: TypeId,
        args: &[Ty],
        early: Option<(TyId, ShapeId)>,
    ) -> TyId {
        let def = meaning.type_def(type_id);
        let name = self.type_name(meaning, ty);
        let mut ctors = Vec::new();
        for ctor in &def.ctors {
            let mut fields = Vec::new();
            for (field, field_ty) in &ctor.fields {
                fields.push((field.clone(), self.of(meaning, &field_ty.substitute(args))));
            }
            let (payload, places) = self.in_a_row(&fields);
            ctors.push(CtorLayout {
                name: ctor.name.clone(),
                fields,
                places,
                payload: at_least_one(payload),
                desc: None,
            });
        }
        if early.is_none()
            && let Some(id) = self.by_ty.get(ty)
        {
            return *id;
        }
        let tagged = ctors.len() > 1;
        let inline = if early.is_some() {
            None
        } else {
            self.overlaid(&ctors, tagged)
        };
        let boxed = inline.is_none();
        let lanes = match &inline {
            Some((lanes, _)) => lanes.clone(),
            None => vec![Lane::Ref],
        };
        let (id, shape) = match early {
            Some(known) => known,
            None => {
                let shape = self.add_shape(&name, lanes.clone(), ShapeKind::Opaque);
                (self.enter(ty.clone(), lanes, Form::Plain, shape), shape)
            }
        };
        let record = def.record && ctors.len() == 1;
        if let Some((_, places)) = inline {
            for (ctor, places) in ctors.iter_mut().zip(places) {
                ctor.places = places;
            }
        } else {
            for (number, ctor) in ctors.iter_mut().enumerate() {
                if record || !ctor.fields.is_empty() {
                    let view = match record {
                        true => View::Boxed(shape),
                        false => View::Ctor {
                            shape,
                            ctor: number as u32,
                        },
                    };
                    ctor.desc = Some(self.table.add(Desc {
                        layout: Payload::Fixed(ctor.payload.clone()),
                        view,
                    }));
                }
            }
        }
        let own_box = if record { ctors[0].desc } else { None };
        let shown = |layouts: &Layouts, ctor: &CtorLayout| -> Vec<(String, ShapeId)> {
            let fields = ctor.fields.iter();
            fields
                .map(|(name, t)| (name.to_string(), layouts.get(*t).shape))
                .collect()
        };
        let kind = if record {
            ShapeKind::Record {
                fields: shown(self, &ctors[0]),
                boxed: own_box,
            }
        } else {
            ShapeKind::Variant {
                ctors: ctors
                    .iter()
                    .map(|ctor| Ctor {
                        name: ctor.name.to_string(),
                        fields: shown(self, ctor),
                        places: ctor.places.clone(),
                        desc: ctor.desc,
                    })
                    .collect(),
                boxed,
            }
        };
        self.table.shapes[shape.0 as usize].kind = kind;
        self.entries[id.0 as usize].form = Form::Data(Arc::new(Data {
            ctors,
            boxed,
            tagged: tagged && !boxed,
            own_box,
            mutable: def.mutable,
            record,
        }));
        // Last, since the arguments may mention the type itself.
        let args = args.iter().map(|arg| {
            let id = self.of(meaning, arg);
            self.get(id).shape
        });
        let args = args.collect();
        self.table.shapes[shape.0 as usize].instance = Some(Instance {
            declared: type_id.0,
            args,
        });
        id
    }

    /// Lanes of fields one after the other, and where each field's are.
    fn in_a_row(&self, fields: &[(Arc<str>, TyId)]) -> (Vec<Lane>, Vec<Vec<u32>>) {
        let mut lanes = Vec::new();
        let mut places = Vec::new();
        for (_, field) in fields {
            let own = &self.get(*field).lanes;
            let first = lanes.len() as u32;
            places.push((first..first + own.len() as u32).collect());
            lanes.extend_from_slice(own);
        }
        (lanes, places)
    }

    /// Constructors laid over each other behind a tag: a lane serves all constructors that need one of its kind. `None` when there are too many.
    #[allow(clippy::type_complexity)]
    fn overlaid(
        &self,
        ctors: &[CtorLayout],
        tagged: bool,
    ) -> Option<(Vec<Lane>, Vec<Vec<Vec<u32>>>)> {
        let mut lanes = if tagged { vec![Lane::Raw] } else { vec![] };
        let mut all = Vec::new();
        for ctor in ctors {
            let mut used = vec![false; lanes.len()];
            if tagged {
                used[0] = true;
            }
            let mut places = Vec::new();
            for (_, field) in &ctor.fields {
                let mut place = Vec::new();
                for lane in self.get(*field).lanes.iter() {
                    let free = (0..lanes.len()).find(|i| !used[*i] && lanes[*i] == *lane);
                    let at = free.unwrap_or_else(|| {
                        lanes.push(*lane);
                        used.push(false);
                        lanes.len() - 1
                    });
                    used[at] = true;
                    place.push(at as u32);
                }
                places.push(place);
            }
            all.push(places);
        }
        (lanes.len() <= MAX_INLINE_LANES).then_some((lanes, all))
    }

    /// Does the type's definition lead back to itself (other than through function types)?
    fn is_recursive(&mut self, meaning: &dyn Meaning, id: TypeId) -> bool {
        if let Some(known) = self.recursive.get(&id) {
            return *known;
        }
        let mut seen = FxHashSet::default();
        let mut open = vec![id];
        let mut found = false;
        while let Some(next) = open.pop() {
            for ctor in &meaning.type_def(next).ctors {
                for (_, ty) in &ctor.fields {
                    mentioned(ty, &mut |named| {
                        found |= named == id;
                        if seen.insert(named) {
                            open.push(named);
                        }
                    });
                }
            }
        }
        self.recursive.insert(id, found);
        found
    }
}

impl Default for Layouts {
    fn default() -> Self {
        Layouts::new()
    }
}

fn name_of(meaning: &dyn Meaning, ty: &Ty, depth: u32) -> String {
    let inner = |ty: &Ty| {
        if depth >= DEEP_NAME {
            return "…".to_string();
        }
        name_of(meaning, ty, depth + 1)
    };
    let list = |items: &[Ty]| items.iter().map(inner).collect::<Vec<_>>().join(", ");
    match ty {
        Ty::Int(width) => int_shape(*width).1.into(),
        Ty::Float => "Float".into(),
        Ty::Float32 => "Float32".into(),
        Ty::Bool => "Bool".into(),
        Ty::Char => "Char".into(),
        Ty::String => "String".into(),
        Ty::Atom => "Atom".into(),
        Ty::Unit => "()".into(),
        Ty::Pid => "Pid".into(),
        Ty::Ref => "Ref".into(),
        Ty::Never => "Never".into(),
        Ty::Tuple(items) => format!("({})", list(items)),
        Ty::Fn(params, result) => format!("({}) -> {}", list(params), inner(result)),
        Ty::Array(item) => format!("Array[{}]", inner(item)),
        Ty::Adt(id, args) if args.is_empty() => meaning.type_def(*id).name.to_string(),
        Ty::Adt(id, args) => format!("{}[{}]", meaning.type_def(*id).name, list(args)),
        Ty::Param(_) | Ty::Infer(_) | Ty::Error => "?".into(),
    }
}

fn mentioned(ty: &Ty, visit: &mut dyn FnMut(TypeId)) {
    match ty {
        Ty::Adt(id, args) => {
            visit(*id);
            args.iter().for_each(|t| mentioned(t, visit));
        }
        Ty::Tuple(items) => items.iter().for_each(|t| mentioned(t, visit)),
        Ty::Array(item) => mentioned(item, visit),
        Ty::Int(_)
        | Ty::Float
        | Ty::Float32
        | Ty::Bool
        | Ty::Char
        | Ty::String
        | Ty::Atom
        | Ty::Unit => {}
        Ty::Pid | Ty::Ref | Ty::Never | Ty::Fn(..) | Ty::Param(_) | Ty::Infer(_) | Ty::Error => {}
    }
}

/// An object has at least one payload word, for the forwarding address.
fn at_least_one(mut lanes: Vec<Lane>) -> Vec<Lane> {
    if lanes.is_empty() {
        lanes.push(Lane::Raw);
    }
    lanes
}

fn int_shape(width: IntTy) -> (ShapeKind, &'static str) {
    match width {
        IntTy::I8 => (ShapeKind::Int(8), "Int8"),
        IntTy::I16 => (ShapeKind::Int(16), "Int16"),
        IntTy::I32 => (ShapeKind::Int(32), "Int32"),
        IntTy::I64 => (ShapeKind::Int(64), "Int"),
        IntTy::U8 => (ShapeKind::UInt(8), "UInt8"),
        IntTy::U16 => (ShapeKind::UInt(16), "UInt16"),
        IntTy::U32 => (ShapeKind::UInt(32), "UInt32"),
        IntTy::U64 => (ShapeKind::UInt(64), "UInt64"),
    }
}
