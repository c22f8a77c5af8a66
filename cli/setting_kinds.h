#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "cli/settings.h"
#include "cli/units.h"

/// How a row of the table of settings is made from the place where its value is kept. Only for the
/// files of the table.
namespace weir::cli {

template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};

template <class T>
auto place(T RunOptions::* member) {
  return [member](auto& run) -> auto& { return run.*member; };
}
template <class T>
auto place(T tui::UiOptions::* member) {
  return [member](auto& run) -> auto& { return run.ui.*member; };
}
template <class T>
auto place(T NameOptions::* member) {
  return [member](auto& run) -> auto& { return run.name_options.*member; };
}

using Texts = std::vector<std::string>;

/// The value as text, nothing where an optional is empty.
template <class T, class Show>
std::optional<Texts> shown(const T& value, Show show) {
  if constexpr (is_optional<T>::value) {
    if (!value) return std::nullopt;
    return Texts{show(*value)};
  } else {
    return Texts{show(value)};
  }
}

/// A setting of one value that `read` makes of text and `show` turns back.
template <class Member, class Read, class Show>
Setting scalar(Setting row, Member member, Read read, Show show) {
  const auto at = place(member);
  row.set = [at, read](RunOptions& run, const Texts& texts) {
    auto value = read(texts.front());
    if (!value) return false;
    at(run) = static_cast<std::decay_t<decltype(*value)>>(*value);
    return true;
  };
  row.get = [at, show](const RunOptions& run) { return shown(at(run), show); };
  return row;
}

template <class Member>
Setting boolean(Setting row, Member member) {
  row.kind = Setting::Kind::boolean;
  row.expected = "true or false";
  return scalar(
      std::move(row), member,
      [](const std::string& text) -> std::optional<bool> {
        for (const char* yes : {"true", "yes", "on", "1"}) {
          if (text == yes) return true;
        }
        for (const char* no : {"false", "no", "off", "0"}) {
          if (text == no) return false;
        }
        return std::nullopt;
      },
      [](bool value) { return std::string(value ? "true" : "false"); });
}

template <class Member>
Setting number(Setting row, Member member, uint64_t least, uint64_t most) {
  row.kind = Setting::Kind::number;
  row.expected = most == UINT64_MAX
                     ? "a number of " + std::to_string(least) + " or more"
                     : "a number from " + std::to_string(least) + " to " + std::to_string(most);
  return scalar(
      std::move(row), member,
      [least, most](const std::string& text) { return parse_number(text, least, most); },
      [](auto value) { return std::to_string(value); });
}

template <class Member>
Setting text(Setting row, Member member) {
  if (row.expected.empty()) row.expected = "a text in quotes";
  return scalar(
      std::move(row), member,
      [](const std::string& given) -> std::optional<std::string> {
        if (given.size() > kMostTextBytes) return std::nullopt;
        // A NUL would end it for the kernel and the libraries and for nobody else.
        if (given.find('\0') != std::string::npos) return std::nullopt;
        return given;
      },
      [](const std::string& value) { return value; });
}

template <class T>
using Choices = std::vector<std::pair<std::string, T>>;

template <class Member, class T>
Setting choice(Setting row, Member member, Choices<T> choices) {
  for (size_t i = 0; i < choices.size(); ++i) {
    row.expected += (i == 0 ? "" : i + 1 == choices.size() ? " or " : ", ") + choices[i].first;
  }
  return scalar(
      std::move(row), member,
      [choices](const std::string& given) -> std::optional<T> {
        for (const auto& [word, value] : choices) {
          if (word == given) return value;
        }
        return std::nullopt;
      },
      [choices](const auto& value) {
        for (const auto& [word, meant] : choices) {
          if (meant == value) return word;
        }
        return std::string();
      });
}

/// "1500ms", "2s", exactly.
std::string exact_time(uint64_t ns);

}  // namespace weir::cli
