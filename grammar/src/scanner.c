// The ends of statements: whether a new line ends one depends on what the next line starts with.
// Stateless; comes in: the characters from the end of a token on; goes out: `_newline`, `_empty_type` where a type has no body,
// or `_brace_line` where the arms of a `match` are in braces that open on the next line.

#include "tree_sitter/parser.h"

enum Token { NEWLINE, EMPTY_TYPE, BRACE_LINE, ERROR_SENTINEL };

void *tree_sitter_nostos_external_scanner_create(void) { return NULL; }
void tree_sitter_nostos_external_scanner_destroy(void *payload) { (void)payload; }
unsigned tree_sitter_nostos_external_scanner_serialize(void *payload, char *buffer) {
  (void)payload;
  (void)buffer;
  return 0;
}
void tree_sitter_nostos_external_scanner_deserialize(void *payload, const char *buffer, unsigned length) {
  (void)payload;
  (void)buffer;
  (void)length;
}

static bool is_space(int32_t c) { return c == ' ' || c == '\t' || c == '\r' || c == 0xFEFF || c == 0xA0; }

static bool is_word(int32_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c > 0x7F;
}

// Skips a comment behind its `#`. False when it was the `#{` of a set.
static bool skip_comment(TSLexer *lexer) {
  if (lexer->lookahead == '{') return false;
  if (lexer->lookahead != '*') {
    while (lexer->lookahead != '\n' && !lexer->eof(lexer)) lexer->advance(lexer, false);
    return true;
  }
  lexer->advance(lexer, false);
  while (!lexer->eof(lexer)) {
    bool star = lexer->lookahead == '*';
    lexer->advance(lexer, false);
    if (star && lexer->lookahead == '#') {
      lexer->advance(lexer, false);
      return true;
    }
  }
  return true;
}

// Reads a word and says whether it continues the statement before it.
static bool continues_with_word(TSLexer *lexer) {
  char word[9] = {0};
  unsigned length = 0;
  while (is_word(lexer->lookahead)) {
    if (length < 8) word[length] = (char)(lexer->lookahead < 0x80 ? lexer->lookahead : '?');
    length++;
    lexer->advance(lexer, false);
  }
  static const char *const words[] = {"else", "catch", "finally", "after"};
  for (unsigned i = 0; i < 4; i++) {
    const char *expected = words[i];
    unsigned at = 0;
    while (expected[at] != 0 && expected[at] == word[at]) at++;
    if (expected[at] == 0 && at == length) return true;
  }
  return false;
}

// At the first character of a line: whether it goes on with the statement of the line before.
static bool continues(TSLexer *lexer) {
  switch (lexer->lookahead) {
    case '.':
      lexer->advance(lexer, false);
      return lexer->lookahead != '.';
    case '|':
      lexer->advance(lexer, false);
      return lexer->lookahead != '|';
    default:
      return continues_with_word(lexer);
  }
}

enum { DEEPEST = 200 };

// Skips the rest of a string; what is interpolated may hold strings again.
static bool skip_string(TSLexer *lexer, unsigned depth) {
  unsigned braces = 0;
  if (depth > DEEPEST) return false;
  while (!lexer->eof(lexer)) {
    int32_t c = lexer->lookahead;
    lexer->advance(lexer, false);
    if (braces == 0) {
      if (c == '"') return true;
      if (c == '\\' && !lexer->eof(lexer)) lexer->advance(lexer, false);
      if (c == '$' && lexer->lookahead == '{') {
        braces = 1;
        lexer->advance(lexer, false);
      }
    } else if (c == '{') {
      braces++;
    } else if (c == '}') {
      braces--;
    } else if (c == '"' && !skip_string(lexer, depth + 1)) {
      return false;
    }
  }
  return false;
}

// At a `{`: whether its group is followed by what follows a pattern, `->` or `when`.
static bool is_brace_pattern(TSLexer *lexer) {
  unsigned braces = 0;
  do {
    if (lexer->eof(lexer)) return false;
    int32_t c = lexer->lookahead;
    lexer->advance(lexer, false);
    if (c == '{') braces++;
    if (c == '}') braces--;
    if (c == '"' && !skip_string(lexer, 0)) return false;
    if (c == '#' && !skip_comment(lexer)) continue;
  } while (braces > 0);
  while (is_space(lexer->lookahead)) lexer->advance(lexer, false);
  if (lexer->lookahead == '-') {
    lexer->advance(lexer, false);
    return lexer->lookahead == '>';
  }
  static const char *const when = "when";
  unsigned at = 0;
  while (at < 4 && lexer->lookahead == when[at]) {
    at++;
    lexer->advance(lexer, false);
  }
  return at == 4 && !is_word(lexer->lookahead);
}

static bool scan_newline(TSLexer *lexer, bool in_match) {
  bool newline = false;
  // The token ends behind the last line end; comments after it are extras.
  lexer->mark_end(lexer);
  bool marking = true;
  for (;;) {
    if (lexer->eof(lexer)) break;
    if (lexer->lookahead == '\n') {
      newline = true;
      lexer->advance(lexer, false);
      if (marking) lexer->mark_end(lexer);
    } else if (is_space(lexer->lookahead)) {
      lexer->advance(lexer, false);
    } else if (lexer->lookahead == '#') {
      // A comment on the same line is a token of its own; the line end comes behind it.
      if (!newline) return false;
      marking = false;
      lexer->advance(lexer, false);
      if (!skip_comment(lexer)) {
        lexer->result_symbol = NEWLINE;
        return true;
      }
    } else {
      break;
    }
  }
  // At the end of the file no token is needed, and one of no length could come again for ever.
  if (!newline) return false;
  lexer->result_symbol = NEWLINE;
  if (in_match && lexer->lookahead == '{') {
    if (!is_brace_pattern(lexer)) lexer->result_symbol = BRACE_LINE;
    return true;
  }
  return lexer->eof(lexer) || !continues(lexer);
}

// Behind the `=` of a type: nothing, when the next line starts something else.
static bool scan_empty_type(TSLexer *lexer) {
  bool newline = false;
  lexer->mark_end(lexer);
  lexer->result_symbol = EMPTY_TYPE;
  for (;;) {
    if (lexer->eof(lexer)) return true;
    if (lexer->lookahead == '\n') {
      newline = true;
      lexer->advance(lexer, false);
    } else if (is_space(lexer->lookahead)) {
      lexer->advance(lexer, false);
    } else if (lexer->lookahead == '#') {
      lexer->advance(lexer, false);
      if (!skip_comment(lexer)) return true;
    } else {
      break;
    }
  }
  int32_t c = lexer->lookahead;
  if (c == ';') return true;
  if (!newline || c == '{' || c == '|') return false;
  if (c == '(' || c == '[') return lexer->get_column(lexer) == 0;
  if (!(c >= 'A' && c <= 'Z')) return true;
  // A capitalised name: the head of an implementation, or the first constructor.
  while (is_word(lexer->lookahead) || lexer->lookahead == '.') lexer->advance(lexer, false);
  if (lexer->lookahead == '[') {
    unsigned depth = 0;
    do {
      if (lexer->lookahead == '[') depth++;
      if (lexer->lookahead == ']') depth--;
      lexer->advance(lexer, false);
    } while (depth > 0 && !lexer->eof(lexer));
  }
  while (is_space(lexer->lookahead)) lexer->advance(lexer, false);
  return lexer->lookahead == ':' || lexer->lookahead == '=';
}

bool tree_sitter_nostos_external_scanner_scan(void *payload, TSLexer *lexer, const bool *valid) {
  (void)payload;
  // While recovering from an error all tokens are valid; then lines are white space.
  if (valid[ERROR_SENTINEL]) return false;
  if (valid[EMPTY_TYPE]) return scan_empty_type(lexer);
  if (valid[NEWLINE]) return scan_newline(lexer, valid[BRACE_LINE]);
  return false;
}
