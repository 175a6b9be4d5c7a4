(source_file) @local.scope
(function_definition) @local.scope
(lambda) @local.scope
(block) @local.scope
(do_block) @local.scope
(arm) @local.scope
(for_expression) @local.scope

(function_definition
  name: (identifier) @local.definition.function)
(parameters
  (identifier) @local.definition.parameter)
(parameters
  (named_argument
    name: (identifier) @local.definition.parameter))
(lambda
  parameters: (identifier) @local.definition.parameter)
(lambda
  parameters: (tuple
    (identifier) @local.definition.parameter))
(assignment
  left: (identifier) @local.definition.var)
(variable_binding
  left: (identifier) @local.definition.var)
(for_expression
  pattern: (identifier) @local.definition.var)

(identifier) @local.reference
