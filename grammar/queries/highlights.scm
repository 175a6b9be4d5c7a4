; Later patterns win over earlier ones for the same node.

(identifier) @variable
(type_identifier) @type
(self) @variable.builtin
(wildcard) @variable.builtin

; Comments

(comment) @comment
(block_comment) @comment
(doc_comment) @comment.documentation

; Literals

(number) @number
(boolean) @constant.builtin
(atom) @string.special.symbol
(char) @character
(string) @string
(raw_string) @string
(string_content) @string
(escape_sequence) @string.escape
(interpolation
  "${" @punctuation.special
  "}" @punctuation.special)

; Constructors and constants

((type_identifier) @constant
  (#match? @constant "^[A-Z][A-Z0-9_]+$"))
(call_expression
  function: (type_identifier) @constructor)
(record_expression
  type: (type_identifier) @constructor)
(method_call
  name: (type_identifier) @constructor)
(variant
  name: (type_identifier) @constructor)
(arm
  pattern: (type_identifier) @constructor)
(or_pattern
  (type_identifier) @constructor)
(constant_definition
  name: (_) @constant)

; Types

(type_path
  (identifier) @type.parameter .)
(type_path
  (type_identifier) @type)
(type_definition
  name: (type_identifier) @type.definition)
(trait_definition
  name: (type_identifier) @type.definition)
(implementation
  type: (type_identifier) @type)
(implementation
  trait: (type_path
    (type_identifier) @type))
((type_identifier) @type.builtin
  (#any-of? @type.builtin
    "Int" "Int8" "Int16" "Int32" "UInt8" "UInt16" "UInt32" "UInt64" "Float" "Float32" "BigInt" "Decimal" "Bool" "Char"
    "String" "Atom" "Pid" "Self"))

; Modules

(module_definition
  name: (path
    (_) @module))
(use_declaration
  path: (_) @module)
(use_name
  (type_identifier) @type)
(field_expression
  receiver: (type_identifier) @module)
(method_call
  receiver: (type_identifier) @module)

; Fields and arguments

(field_expression
  name: (identifier) @property)
(field
  name: (_) @property)
(field_pattern
  name: (_) @property)
(tuple_index
  index: (index) @property)
(arguments
  (named_argument
    name: (identifier) @property))

; Functions

(call_expression
  function: (identifier) @function.call)
(call_expression
  function: (field_expression
    name: (identifier) @function.call))
(method_call
  name: (identifier) @function.method.call)
(binary_expression
  operator: "|>"
  right: (identifier) @function.call)
(function_definition
  name: (identifier) @function)
(method_signature
  name: (identifier) @function)
(signature
  name: (identifier) @function)
(extern_definition
  name: (_) @function)
(macro_definition
  name: (identifier) @function.macro)
(operator_name) @function
(call_expression
  function: (identifier) @function.builtin
  (#any-of? @function.builtin
    "println" "print" "eprintln" "eprint" "show" "throw" "panic" "assert" "assert_eq" "exit" "link" "unlink" "monitor"
    "demonitor" "register" "whereis" "sleep" "send" "await"))

; Parameters

(parameters
  (identifier) @variable.parameter)
(parameters
  (named_argument
    name: (identifier) @variable.parameter))
(parameters
  (named_argument
    value: (identifier) @type.parameter))
(parameters
  (default_argument
    name: (identifier) @variable.parameter))
(lambda
  parameters: (identifier) @variable.parameter)
(lambda
  parameters: (tuple
    (identifier) @variable.parameter))
(lambda
  parameters: (parenthesized_expression
    (identifier) @variable.parameter))
(lambda
  parameters: (_
    (named_argument
      name: (identifier) @variable.parameter)))

; Decorators

(decorator
  "@" @attribute
  name: (path
    (_) @attribute))

; Operators and punctuation

[
  "=" "+=" "-=" "*=" "/=" "==" "!=" "<" ">" "<=" ">=" "&&" "||" "++" "::" "+" "-" "*" "/" "%" "**" "!" "<-" "|>" "->" "=>" ".."
  "..=" "?" "~" "^" "|" "@"
] @operator

["(" ")" "[" "]" "{" "}" "%{" "#{"] @punctuation.bracket
["," ";" ":" "."] @punctuation.delimiter

; Keywords

["type" "const" "mvar" "var" "trait" "module" "end" "extern" "test" "macro" "template" "unsafe" "quote" "from"] @keyword
["pub" "private"] @keyword.modifier
["use" "import" "as"] @keyword.import
["if" "then" "else" "match" "when"] @keyword.conditional
["while" "for" "in" "to" "do" "break"] @keyword.repeat
(continue_expression) @keyword.repeat
"return" @keyword.return
["try" "catch" "finally"] @keyword.exception
["spawn" "spawn_link" "spawn_monitor" "receive" "after" "async"] @keyword.coroutine
"not" @keyword.operator
