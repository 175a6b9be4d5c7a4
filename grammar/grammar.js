/**
 * The Nostos grammar for tree-sitter: for highlighting, folding and structure in editors.
 *
 * It accepts a little more than the compiler. Patterns are parsed as expressions, because `(a, b)` may turn out to be the
 * parameters of a lambda only at the `=>` behind it; the places where they stand (fields `pattern`, `parameters`, `left`) tell.
 */
/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const PREC = {
  arrow: -2,
  lambda: -1,
  range: 1,
  send: 2,
  pipe: 3,
  or: 4,
  and: 5,
  compare: 6,
  concat: 7,
  cons: 8,
  add: 9,
  multiply: 10,
  power: 11,
  prefix: 12,
  as: 13,
  splice: 14,
  index: 15,
  postfix: 16,
  head: 17,
  definition: 18,
  lambda_head: 20,
};

/** One or more, separated. */
const sep1 = (rule, separator) => seq(rule, repeat(seq(separator, rule)));
/** Any number, separated by commas, a trailing one allowed. */
const commas = (rule) => optional(seq(sep1(rule, ','), optional(',')));

module.exports = grammar({
  name: 'nostos',

  externals: ($) => [$._newline, $._empty_type, $._brace_line, $._error_sentinel],

  extras: ($) => [/[\s\uFEFF]/, $.comment, $.doc_comment, $.block_comment],

  word: ($) => $.identifier,

  supertypes: ($) => [$.expression, $.type],

  inline: ($) => [$._function_head, $._function_name, $._return_type],

  conflicts: ($) => [
    // `match e { ~arms }`: spliced arms, or the pattern of one.
    [$._complex, $._arm],
    // `pub async(…`: a function of that name, or a task that is matched.
    [$.tuple],
    [$.parenthesized_expression, $.arguments],
    [$.list, $.brackets],
    [$.tuple, $.arguments],
    // `if x == Foo { …`: a record, or a block behind the condition.
    [$._complex, $.record_expression],
    [$._word, $.method_call],
    // `{:a, [x]: List[Int]}`: typed, or bound behind `=`.
    [$._complex, $.typed_statement],
  ],

  rules: {
    source_file: ($) => seq(optional($._separators), repeat(seq($._item, $._separators)), optional($._item)),

    _separators: ($) => repeat1(choice($._newline, ';')),

    // Items.

    _item: ($) => choice($._definition, $.signature, $.typed_binding, $.implementation, $.decorated_definition, $._body),

    _definition: ($) =>
      choice(
        $.function_definition,
        $.value_definition,
        $.variable_binding,
        $.type_definition,
        $.trait_definition,
        $.module_definition,
        $.use_declaration,
        $.constant_definition,
        $.mvar_definition,
        $.extern_definition,
        $.test_definition,
        $.macro_definition,
      ),

    // In blocks types behind `name:` are parsed as expressions, for `{x: p, y}` may be a pattern.
    _statement: ($) =>
      choice(
        $._definition,
        $.typed_statement,
        alias($.local_implementation, $.implementation),
        alias($.decorated_statement, $.decorated_definition),
        $._body,
      ),

    typed_statement: ($) =>
      choice(
        seq(
          field('left', $.identifier),
          ':',
          field('type', choice($.expression, $.or_pattern)),
          optional(seq('=', field('right', $._body))),
        ),
        seq(field('left', $._complex), ':', field('type', $.expression), '=', field('right', $._body)),
        seq(field('left', $.list), ':', field('type', $.expression)),
      ),

    local_implementation: ($) =>
      seq(field('type', $._complex), ':', field('trait', $.expression), $._separators, optional($._members), 'end'),

    decorated_statement: ($) => seq($.decorator, field('definition', $._statement)),

    visibility: (_) => choice('pub', 'private'),

    decorated_definition: ($) => seq($.decorator, field('definition', $._item)),

    decorator: ($) => seq('@', field('name', $.path), optional(seq(token.immediate('('), commas($._element), ')'))),

    function_definition: ($) =>
      prec(
        PREC.definition,
        choice(
          seq(optional($.visibility), field('name', $._function_name), $._function_head, '=', field('body', $._body)),
          seq($.visibility, field('name', alias('async', $.identifier)), $._function_head, '=', field('body', $._body)),
        ),
      ),

    _function_name: ($) => $.identifier,

    _function_head: ($) =>
      prec(
        PREC.definition,
        seq(
          optional(field('type_parameters', alias($.brackets, $.type_parameters))),
          field('parameters', alias($.arguments, $.parameters)),
          optional($.guard),
          optional($._return_type),
        ),
      ),

    _return_type: ($) => seq(choice('->', ':'), field('return_type', $.type)),

    guard: ($) => seq('when', field('condition', $.expression)),

    // In traits the body may be missing.
    method_signature: ($) =>
      prec(PREC.definition, seq(optional($.visibility), field('name', choice($._function_name, $.operator_name)), $._function_head)),

    operator_method: ($) =>
      seq(optional($.visibility), field('name', $.operator_name), $._function_head, '=', field('body', $._body)),

    operator_name: (_) => choice('==', '!=', '<', '>', '<=', '>=', '++', '+', '-', '*', '/', '%', '**'),

    signature: ($) => seq(optional($.visibility), field('name', $.identifier), ':', field('type', $.type)),

    typed_binding: ($) =>
      seq(
        optional($.visibility),
        field('left', choice($.identifier, $._complex)),
        ':',
        field('type', $.type),
        '=',
        field('right', $._body),
      ),

    value_definition: ($) => seq($.visibility, field('left', $.expression), '=', field('right', $._body)),

    variable_binding: ($) =>
      seq('var', field('left', $.expression), optional(seq(':', field('type', $.type))), '=', field('right', $._body)),

    constant_definition: ($) =>
      seq(
        optional($.visibility),
        'const',
        field('name', choice($.type_identifier, $.identifier)),
        optional(seq(':', field('type', $.type))),
        '=',
        field('value', $._body),
      ),

    mvar_definition: ($) =>
      seq(
        optional($.visibility),
        'mvar',
        field('name', choice($.identifier, $.type_identifier)),
        optional(seq(':', field('type', $.type))),
        '=',
        field('value', $._body),
      ),

    type_definition: ($) =>
      seq(
        optional($.visibility),
        optional('var'),
        'type',
        field('name', choice($.type_identifier, $.splice)),
        optional(field('type_parameters', alias($.brackets, $.type_parameters))),
        '=',
        choice(field('body', choice($.record_type, $.variants, $.type)), $._empty_type),
      ),

    record_type: ($) => seq('{', optional($._fields), '}'),

    _fields: ($) =>
      seq(
        optional($._field_separators),
        $.field,
        repeat(seq($._field_separators, $.field)),
        optional($._field_separators),
      ),

    _field_separators: ($) => repeat1(choice($._newline, ',')),

    field: ($) => seq(optional('private'), optional(seq(field('name', $._word), ':')), field('type', $.type), optional(seq('=', field('default', $.expression)))),

    variants: ($) => seq(optional('|'), sep1($.variant, '|')),

    variant: ($) =>
      prec(
        1,
        seq(
          field('name', $.type_identifier),
          optional(choice(seq('(', optional($._fields), ')'), seq('{', optional($._fields), '}'))),
        ),
      ),

    trait_definition: ($) =>
      seq(
        optional($.visibility),
        'trait',
        field('name', choice($.type_identifier, $.splice)),
        optional(field('type_parameters', alias($.brackets, $.type_parameters))),
        optional(seq(':', $._bounds)),
        optional($._separators),
        optional($._members),
        'end',
      ),

    implementation: ($) =>
      seq(field('type', $._complex), ':', $._bounds, optional(seq('when', commas1($.condition))), optional($._separators), optional($._members), 'end'),

    _bounds: ($) => prec.right(sep1(field('trait', $._simple_type), choice(',', '+'))),

    condition: ($) =>
      prec.right(seq(field('name', choice($.type_identifier, $.identifier)), ':', sep1(field('trait', $._simple_type), '+'))),

    _members: ($) =>
      seq($._member, repeat(seq($._separators, $._member)), optional($._separators)),

    _member: ($) =>
      choice($.function_definition, $.method_signature, $.operator_method, $.signature, alias($.decorated_member, $.decorated_definition)),

    decorated_member: ($) => seq($.decorator, field('definition', $._member)),

    module_definition: ($) =>
      seq(
        optional($.visibility),
        'module',
        field('name', $.path),
        optional($._separators),
        optional(seq($._item, repeat(seq($._separators, $._item)), optional($._separators))),
        'end',
      ),

    use_declaration: ($) =>
      seq(
        optional($.visibility),
        choice('use', 'import'),
        field('path', $._path),
        optional(choice(seq('.', '*'), seq('.', $.use_list), seq('as', field('alias', $._word)))),
      ),

    use_list: ($) =>
      seq(
        '{',
        optional($._field_separators),
        optional(seq($.use_name, repeat(seq($._field_separators, $.use_name)), optional($._field_separators))),
        '}',
      ),

    use_name: ($) => seq(field('name', $._word), optional(seq('as', field('alias', $._word)))),

    // Recursive to the left, because what follows a dot may be a name, `*` or `{`.
    _path: ($) => choice($._word, seq($._path, '.', $._word)),

    path: ($) => sep1($._word, '.'),

    _word: ($) => choice($.identifier, $.type_identifier),

    extern_definition: ($) =>
      seq(
        optional($.visibility),
        'extern',
        field('name', choice($.identifier, $.self)),
        $._function_head,
        'from',
        field('library', $.string),
      ),

    // `test` is a keyword only in front of a string.
    test_definition: ($) => seq(alias($.identifier, 'test'), field('title', choice($.string, $.raw_string)), '=', field('body', $._body)),

    macro_definition: ($) =>
      seq(
        optional($.visibility),
        choice('macro', 'template'),
        field('name', choice($.identifier, alias($.name_splice, $.splice))),
        field('parameters', alias($.arguments, $.parameters)),
        '=',
        field('body', $._body),
      ),

    // In a quote a macro's name may be spliced.
    name_splice: ($) => seq('~', $.identifier),

    // Types.

    type: ($) => choice($.function_type, $._simple_type),

    _simple_type: ($) => choice($.type_path, $.list_type, $.tuple_type, $.type_splice),

    function_type: ($) => prec.right(seq(field('parameters', $._simple_type), '->', field('result', $.type))),

    type_path: ($) => prec.left(seq(sep1($._word, '.'), optional($.type_arguments))),

    type_arguments: ($) => seq('[', commas($.type), ']'),

    list_type: ($) => seq('[', $.type, ']'),

    tuple_type: ($) => seq('(', commas($.type), ')'),

    type_splice: ($) => prec.left(seq('~', choice(sep1($._word, '.'), $.parenthesized_expression))),

    // Bodies: expressions and what binds.

    _body: ($) => choice($.expression, $.assignment),

    assignment: ($) =>
      prec.right(1, seq(field('left', $.expression), field('operator', choice('=', '+=', '-=', '*=', '/=')), field('right', $._body))),

    // Expressions. A bare name is apart, so that `name(` can go on as a definition.

    expression: ($) => choice($.identifier, $._complex),

    _complex: ($) =>
      choice(
        $.type_identifier,
        $.self,
        $.wildcard,
        $.number,
        $.boolean,
        $.char,
        $.raw_string,
        $.string,
        $.atom,
        $.parenthesized_expression,
        $.tuple,
        $.list,
        $.map,
        $.set,
        $.block,
        $.do_block,
        $.record_expression,
        $.unary_expression,
        $.pin,
        $.splice,
        $.binary_expression,
        $.range,
        $.as_pattern,
        $.lambda,
        $.call_expression,
        $.method_call,
        $.field_expression,
        $.tuple_index,
        $.index_expression,
        $.try_operator,
        $.if_expression,
        $.match_expression,
        $.receive_expression,
        $.try_expression,
        $.while_expression,
        $.for_expression,
        $.break_expression,
        $.continue_expression,
        $.return_expression,
        $.spawn_expression,
        $.async_expression,
        $.unsafe_expression,
        $.quote_expression,
      ),

    self: (_) => 'self',
    wildcard: (_) => '_',
    boolean: (_) => choice('true', 'false'),

    parenthesized_expression: ($) => seq('(', $._element, ')'),

    tuple: ($) => choice(seq('(', ')'), seq('(', $._element, ',', commas($._element), ')')),

    list: ($) => seq('[', commas($._list_element), optional(seq('|', field('tail', $._list_element))), ']'),

    _list_element: ($) => choice($.expression, alias($.list_typed, $.named_argument)),

    list_typed: ($) => seq(field('name', $.expression), ':', field('value', $.expression)),

    map: ($) => seq('%{', commas($.map_entry), '}'),

    map_entry: ($) => seq(field('key', $.expression), ':', field('value', choice($.expression, $.or_pattern))),

    set: ($) => seq('#{', commas($.expression), '}'),

    // Also tuples with atoms, `{self(), :request, data}`, and record patterns, `{x: p, y, _}`.
    block: ($) => seq('{', optional($._statement_separators), optional($._statements), '}'),

    do_block: ($) => seq('do', optional($._statement_separators), optional($._statements), 'end'),

    _statements: ($) =>
      seq($._statement, repeat(seq($._statement_separators, $._statement)), optional($._statement_separators)),

    _statement_separators: ($) => repeat1(choice($._newline, ';', ',')),

    field_pattern: ($) =>
      choice(
        $.wildcard,
        field('name', $.identifier),
        seq(field('name', $.identifier), ':', field('pattern', choice($.expression, $.or_pattern))),
      ),

    record_expression: ($) => seq(field('type', $.type_identifier), '{', commas($.field_pattern), '}'),

    unary_expression: ($) => prec(PREC.prefix, seq(field('operator', choice('-', '!', 'not')), field('operand', $.expression))),

    pin: ($) => prec(PREC.prefix, seq('^', $.identifier)),

    splice: ($) => prec(PREC.splice, seq('~', $.expression)),

    binary_expression: ($) =>
      choice(
        ...[
          [prec.left, PREC.send, '<-'],
          [prec.left, PREC.pipe, '|>'],
          [prec.left, PREC.or, '||'],
          [prec.left, PREC.and, '&&'],
          [prec.left, PREC.compare, choice('==', '!=', '<', '>', '<=', '>=')],
          [prec.left, PREC.concat, '++'],
          [prec.right, PREC.cons, '::'],
          [prec.left, PREC.add, choice('+', '-')],
          [prec.left, PREC.multiply, choice('*', '/', '%')],
          [prec.right, PREC.power, '**'],
        ].map(([associate, precedence, operator]) =>
          associate(precedence, seq(field('left', $.expression), field('operator', operator), field('right', $.expression))),
        ),
      ),

    range: ($) => prec.left(PREC.range, seq(field('start', $.expression), choice('..', '..='), field('end', $.expression))),

    as_pattern: ($) => prec.left(PREC.as, seq($.expression, '@', $.expression)),

    or_pattern: ($) => seq($.expression, repeat1(seq('|', $.expression))),

    lambda: ($) => prec.right(PREC.lambda, seq(choice($._lambda_head, $._arrow_head), field('body', $._body))),

    _lambda_head: ($) => prec(PREC.lambda_head, seq(field('parameters', $.expression), '=>')),

    // Looser than everything: in guards and arms the arrow is theirs.
    _arrow_head: ($) => prec(PREC.arrow, seq(field('parameters', $.expression), '->')),

    call_expression: ($) =>
      choice(
        prec(
          PREC.head,
          seq(
            field('function', $.identifier),
            optional(field('type_arguments', alias($.brackets, $.type_arguments))),
            field('arguments', $.arguments),
          ),
        ),
        prec(PREC.postfix, seq(field('function', $._complex), field('arguments', $.arguments))),
      ),

    method_call: ($) =>
      choice(
        prec(
          PREC.head,
          seq(
            field('receiver', $.expression),
            '.',
            field('name', choice($._word, $.splice)),
            field('arguments', $.arguments),
          ),
        ),
        // `shapes.Sq{side: 1.0}`.
        seq(
          prec(PREC.postfix, seq(field('receiver', $.expression), '.')),
          field('name', $.type_identifier),
          field('arguments', alias($.record_arguments, $.arguments)),
        ),
      ),

    record_arguments: ($) => seq('{', commas($.field_pattern), '}'),

    arguments: ($) => seq('(', commas($._element), ')'),

    _element: ($) =>
      choice($.expression, $.or_pattern, $.named_argument, $.default_argument, alias($.argument_assignment, $.assignment)),

    // What a macro takes.
    argument_assignment: ($) =>
      seq(field('left', $.expression), field('operator', choice('+=', '-=', '*=', '/=')), field('right', $.expression)),

    named_argument: ($) =>
      seq(field('name', choice($.identifier, $._complex)), ':', field('value', choice($.expression, $.or_pattern)), optional(seq('=', field('default', $.expression)))),

    default_argument: ($) => seq(field('name', $.expression), '=', field('default', $.expression)),

    brackets: ($) => seq('[', commas($._list_element), ']'),

    field_expression: ($) => prec(PREC.postfix, seq(field('receiver', $.expression), '.', field('name', choice($._word, $.splice)))),

    tuple_index: ($) => prec(PREC.postfix, seq(field('receiver', $.expression), '.', field('index', $.index))),

    index: (_) => token.immediate(/[0-9]+/),

    index_expression: ($) =>
      prec(PREC.index, seq(field('base', choice($.identifier, $._complex)), field('index', $.brackets))),

    try_operator: ($) => prec(PREC.postfix, seq($.expression, '?')),

    if_expression: ($) =>
      prec.right(
        seq(
          'if',
          field('condition', $.expression),
          choice(seq('then', field('consequence', $._body)), field('consequence', $.block)),
          optional(seq('else', field('alternative', $._body))),
        ),
      ),

    match_expression: ($) =>
      choice(
        seq('match', field('value', $.expression), optional($._brace_line), '{', optional($._arms), '}'),
        seq('match', field('value', $.expression), choice($._newline, '|'), optional($._arms), 'end'),
      ),

    _arms: ($) => seq(optional($._arm_separators), $._arm, repeat(seq($._arm_separators, $._arm)), optional($._arm_separators)),

    // In a quote arms may be spliced.
    _arm: ($) => choice($.arm, $.splice),

    _arm_separators: ($) => repeat1(choice($._newline, ';', ',', '|')),

    arm: ($) => seq(field('pattern', $._pattern), optional($.guard), '->', field('body', $._body)),

    _pattern: ($) => choice($.expression, $.or_pattern, $.typed_pattern),

    typed_pattern: ($) => seq(field('pattern', $.expression), ':', field('type', $._simple_type)),

    receive_expression: ($) =>
      prec.right(
        choice(
          seq('receive', '{', optional($._receive_arms), '}', optional($.after_clause)),
          seq('receive', choice($._newline, '|'), optional($._receive_arms), 'end'),
          seq('receive', alias($.named_arm, $.arm), optional($._arm_separators), 'end'),
          seq('receive', $.after_clause, optional($._arm_separators), 'end'),
        ),
      ),

    _receive_arms: ($) => choice(seq(optional($._arms), $.after_clause, optional($._arm_separators)), $._arms),

    after_clause: ($) => seq('after', field('timeout', $.expression), '->', field('body', $._body)),

    try_expression: ($) =>
      prec.right(
        choice(
          seq('try', field('body', $.expression), optional($.catch_clause), optional($.finally_clause)),
          seq(
            'try',
            field('body', choice($.expression, alias($.bare_block, $.block))),
            optional(choice($.catch_clause, alias($.bare_catch, $.catch_clause))),
            optional(choice($.finally_clause, alias($.bare_finally, $.finally_clause))),
            'end',
          ),
        ),
      ),

    bare_block: ($) => seq($._newline, $._statements),

    catch_clause: ($) => seq('catch', '{', optional($._arms), '}'),

    bare_catch: ($) =>
      choice(seq('catch', choice($._newline, '|'), optional($._arms)), seq('catch', alias($.named_arm, $.arm), optional($._arm_separators))),

    // `catch e -> …` in a line.
    named_arm: ($) =>
      seq(field('pattern', choice($.identifier, alias($.typed_name, $.typed_pattern))), optional($.guard), '->', field('body', $._body)),

    typed_name: ($) => seq(field('pattern', $.identifier), ':', field('type', $._simple_type)),

    finally_clause: ($) => seq('finally', field('body', $.block)),

    bare_finally: ($) => seq('finally', field('body', alias($.bare_block, $.block))),

    while_expression: ($) => seq('while', field('condition', $.expression), field('body', choice($.block, $.do_block))),

    for_expression: ($) =>
      seq(
        'for',
        field('pattern', $.expression),
        choice(
          seq('=', field('from', $.expression), 'to', field('to', $.expression)),
          seq('in', field('iterable', $.expression)),
        ),
        field('body', choice($.block, $.do_block)),
      ),

    break_expression: ($) => prec.right(seq('break', optional($.expression))),
    continue_expression: (_) => 'continue',
    return_expression: ($) => prec.right(seq('return', optional($.expression))),

    spawn_expression: ($) =>
      prec.right(PREC.postfix, seq(choice('spawn', 'spawn_link', 'spawn_monitor'), optional(field('body', choice($.block, $.do_block, $.arguments))))),

    // Without an operand it is a plain name.
    async_expression: ($) => prec.right(PREC.prefix, seq('async', optional($.expression))),

    unsafe_expression: ($) => seq('unsafe', $.block),

    quote_expression: ($) => seq('quote', choice($.block, $.do_block, $.parenthesized_expression, $.tuple)),

    // Tokens.

    identifier: (_) => /[\p{Ll}\p{Lo}_][\p{L}\p{N}_]*/u,

    type_identifier: (_) => /\p{Lu}[\p{L}\p{N}_]*/u,

    number: (_) =>
      token(choice(/0[xX][0-9a-fA-F_]+[a-zA-Z0-9]*/, /0[bBoO][0-9_]+[a-zA-Z0-9]*/, /[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9][0-9_]*)?[a-zA-Z0-9]*/)),

    atom: (_) => token(/:[\p{Ll}_][\p{L}\p{N}_]*/u),

    char: (_) => token(prec(1, /'([^'\\]|\\[^u]|\\u\{[0-9a-fA-F]+\})'/)),

    raw_string: (_) => token(/'([^'\\]|\\(.|\n))*'/),

    string: ($) => seq('"', repeat(choice($.string_content, $.escape_sequence, $.interpolation)), '"'),

    string_content: (_) => token.immediate(prec(1, /[^"\\$]+|\$/)),

    escape_sequence: (_) => token.immediate(prec(1, /\\(u\{[0-9a-fA-F]+\}|.|\n)/)),

    interpolation: ($) => seq(token.immediate(prec(2, '${')), $.expression, '}'),

    comment: (_) => token(choice(/#/, /#[^{*#\n][^\n]*/, /###[^\n]*/)),

    doc_comment: (_) => token(choice(/##/, /##[^#\n][^\n]*/)),

    block_comment: (_) => token(/#\*[^*]*\*+([^#*][^*]*\*+)*#/),
  },
});

function commas1(rule) {
  return sep1(rule, ',');
}
