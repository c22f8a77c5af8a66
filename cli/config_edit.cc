#include "cli/config_edit.h"

#include <algorithm>
#include <optional>

#include "cli/config_file.h"

namespace weir::cli {
namespace {

using Kind = ConfigValue::Kind;

const ConfigMember* member_of(const ConfigValue& table, std::string_view name) {
  for (const ConfigMember& member : table.members) {
    if (member.name == name) return &member;
  }
  return nullptr;
}

/// A section by its name, "themes.mine" within "themes".
const ConfigMember* section_of(const ConfigValue& root, std::string_view name) {
  const ConfigValue* table = &root;
  while (true) {
    const size_t dot = std::min(name.find('.'), name.size());
    const ConfigMember* member = member_of(*table, name.substr(0, dot));
    if (member == nullptr || dot == name.size()) return member;
    table = &member->value;
    name.remove_prefix(dot + 1);
  }
}

/// "display", "themes.mine" as TOML writes it.
std::string section_key(std::string_view name) {
  const size_t dot = std::min(name.find('.'), name.size());
  const std::string first = toml_key(std::string(name.substr(0, dot)));
  return dot == name.size() ? first : first + "." + section_key(name.substr(dot + 1));
}

/// Where a place is in the text. Columns are characters, not bytes.
size_t offset_of(std::string_view text, FilePlace place) {
  size_t at = 0;
  for (uint32_t line = 1; line < place.line; ++line) {
    at = std::min(text.find('\n', at), text.size() - 1) + 1;
  }
  for (uint32_t column = 1; column < place.column && at < text.size(); ++column) {
    do {
      ++at;
    } while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  return at;
}

size_t string_end(std::string_view text, size_t at) {
  const char quote = text[at];
  const std::string three(3, quote);
  const bool triple = text.substr(at, 3) == three;
  const size_t width = triple ? 3 : 1;
  for (size_t i = at + width; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (triple ? text.substr(i, 3) == three : text[i] == quote) {
      i += width;
      // Up to two more quotes belong to the text.
      while (triple && i < text.size() && text[i] == quote) ++i;
      return i;
    }
  }
  return text.size();
}

/// The end of the value that begins there, of text that has been parsed.
size_t value_end(std::string_view text, size_t at) {
  size_t depth = 0;
  size_t last = at;  // behind the last character that is no blank
  while (at < text.size()) {
    const char c = text[at];
    const bool closes = c == ']' || c == '}';
    if (depth == 0 && (c == ',' || c == '\n' || c == '#' || closes)) break;
    if (c == '"' || c == '\'') {
      at = last = string_end(text, at);
      if (depth == 0) break;
      continue;
    }
    if (c == '#') {
      at = std::min(text.find('\n', at), text.size());
      continue;
    }
    if (c == '[' || c == '{') ++depth;
    if (closes) --depth;
    ++at;
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') last = at;
    if (closes && depth == 0) break;
  }
  return last;
}

size_t behind_line(std::string_view text, size_t at) {
  return std::min(text.find('\n', at), text.size() - 1) + 1;
}

void insert_line(std::string& text, size_t at, const std::string& line) {
  if (at > 0 && text[at - 1] != '\n') text.insert(at++, "\n");
  text.insert(at, line + "\n");
}

/// A section in its three forms: [display], display = { }, display.theme = "...".
void add_key(std::string& text, const ConfigMember& section, const ConfigChange& change) {
  const std::string line = toml_key(change.name) + " = " + change.value;
  const size_t begins = offset_of(text, section.value.place);
  const bool is_inline = begins < text.size() && text[begins] == '{';
  if (is_inline) {
    text.insert(begins + 1, " " + line + (section.value.members.empty() ? " " : ","));
    return;
  }
  const bool has_header = begins < text.size() && text[begins] == '[';
  size_t behind = behind_line(text, begins);
  for (const ConfigMember& member : section.value.members) {
    const size_t value = offset_of(text, member.value.place);
    behind = std::max(behind, behind_line(text, value_end(text, value)));
  }
  insert_line(text, behind, has_header ? line : section_key(change.section) + "." + line);
}

void apply_change(std::string& text, const ConfigValue& root, const ConfigChange& change) {
  const ConfigMember* section = section_of(root, change.section);
  if (section == nullptr) {
    const std::string header = (text.empty() ? "[" : "\n[") + section_key(change.section) + "]";
    insert_line(text, text.size(), header + "\n" + toml_key(change.name) + " = " + change.value);
    return;
  }
  const ConfigMember* member = member_of(section->value, change.name);
  if (member == nullptr) {
    add_key(text, *section, change);
    return;
  }
  const size_t begins = offset_of(text, member->value.place);
  text.replace(begins, value_end(text, begins) - begins, change.value);
}

/// What the change's value is once it is parsed, to be compared with.
std::optional<ConfigValue> wanted(const ConfigChange& change) {
  const Result<ConfigValue> parsed = parse_toml("x = " + change.value + "\n", "value");
  if (!parsed || parsed->members.size() != 1) return std::nullopt;
  return parsed->members[0].value;
}

bool same(const ConfigValue& left, const ConfigValue& right) {
  if (left.kind != right.kind || left.text != right.text) return false;
  return std::equal(left.items.begin(), left.items.end(), right.items.begin(), right.items.end(),
                    same);
}

}  // namespace

Result<std::string> edit_config(std::string text, const std::vector<ConfigChange>& changes,
                                const std::string& path) {
  for (const ConfigChange& change : changes) {
    const Result<ConfigValue> root = parse_toml(text, path);
    if (!root) return fail(root.error());
    apply_change(text, *root, change);
    const Result<ConfigValue> edited = parse_toml(text, path);
    const ConfigMember* section = edited ? section_of(*edited, change.section) : nullptr;
    const ConfigMember* member =
        section == nullptr ? nullptr : member_of(section->value, change.name);
    const std::optional<ConfigValue> value = wanted(change);
    if (member == nullptr || !value || !same(member->value, *value)) {
      return fail(
          {Code::usage, Recovery::give_up, 0, path,
           change.section + "." + change.name + " cannot be changed there: edit it by hand"});
    }
  }
  return text;
}

}  // namespace weir::cli
