(function_definition
  name: (identifier) @name) @definition.function
(method_signature
  name: (identifier) @name) @definition.method
(macro_definition
  name: (identifier) @name) @definition.macro
(extern_definition
  name: (identifier) @name) @definition.function
(type_definition
  name: (type_identifier) @name) @definition.type
(variant
  name: (type_identifier) @name) @definition.constructor
(trait_definition
  name: (type_identifier) @name) @definition.interface
(module_definition
  name: (path) @name) @definition.module
(constant_definition
  name: (_) @name) @definition.constant

(call_expression
  function: (identifier) @name) @reference.call
(method_call
  name: (identifier) @name) @reference.call
(type_path
  (type_identifier) @name) @reference.type
