#include <algorithm>

#include "report/filter/display_filter.h"
#include "report/format.h"
#include "report/tui/theme.h"
#include "report/tui/ui.h"

namespace weir::tui {
namespace {

bool is_letter(const Input& input, char32_t letter) {
  return input.kind == Input::Kind::key && input.key == Key::character && !input.control &&
         !input.alt && input.character == letter;
}

bool closes(const Input& input) {
  return input.kind == Input::Kind::key && (input.key == Key::escape || input.key == Key::enter ||
                                            input.key == Key::backspace || is_letter(input, U'q'));
}

bool is_press(const Input& input) {
  return input.kind == Input::Kind::mouse && input.mouse != Mouse::wheel_up &&
         input.mouse != Mouse::wheel_down;
}

}  // namespace

LineEditor& Ui::editor() {
  return editors_[static_cast<size_t>(overlay_) - static_cast<size_t>(Overlay::filter)];
}

void Ui::open_prompt(Overlay overlay, const std::string& text) {
  overlay_ = overlay;
  editor().set_text(text);
  old_filter_ = options_.filter;
  old_filter_is_regex_ = filter_is_regex_;
}

std::optional<std::string> Ui::apply_filter(const std::string& text, bool regex,
                                            UiRequests& requests) {
  report::NameSource* names = options_.resolve_names ? &name_source_ : nullptr;
  auto filter =
      regex ? report::parse_screen_filter(text, names) : report::parse_display_filter(text, names);
  if (!filter) return filter.error().message;
  options_.filter = text;
  filter_is_regex_ = regex;
  display_filter_ = std::move(*filter);
  make_filter();
  ++query_number_;
  const bool flows = grouper_ == nullptr && options_.view == View::flows;
  const bool held = paused_ && flows && rows_known_ && held_unfiltered_;
  if (held) {
    // It is looked through, and stays what it is.
    rows_ = list_rows(std::span<const FlowRow>(shown_->flows));
    row_count_ = shown_->shown_flows;
  } else {
    content_number_ = query_number_;
  }
  // What is there and fits is shown until the answer comes.
  if (flows && filter_ != nullptr) {
    std::erase_if(rows_, [&](const ListRow& row) {
      return !filter_->shows(row.flow.key, row.flow.shown_high);
    });
    row_count_ = rows_.size();
  }
  if (held) arrange(true);
  requests.query_changed = true;
  requests.redraw = true;
  return {};
}

bool Ui::handle_overlay(const Input& input, UiRequests& requests, uint64_t now_ms) {
  const bool interrupt = input.kind == Input::Kind::key && input.key == Key::character &&
                         input.control && input.character == U'c';
  if (interrupt) return false;
  if (is_prompt()) {
    handle_prompt(input, requests, now_ms);
    return true;
  }
  if (overlay_ == Overlay::help) {
    handle_help(input);
    return true;
  }
  if (overlay_ == Overlay::details) return handle_details(input, requests);
  if (overlay_ == Overlay::theme_editor) {
    handle_theme_editor(input, requests);
    return true;
  }
  handle_chooser(input, requests, now_ms);
  return true;
}

void Ui::handle_prompt(const Input& input, UiRequests& requests, uint64_t now_ms) {
  const bool filters = overlay_ == Overlay::filter || overlay_ == Overlay::screen_filter;
  const bool regex = overlay_ == Overlay::screen_filter;
  switch (editor().handle(input)) {
    case LineEditor::Outcome::changed:
      if (!filters) break;
      if (auto error = apply_filter(editor().text(), regex, requests)) {
        editor().set_error(std::move(*error));
      }
      break;
    case LineEditor::Outcome::accepted: accept_prompt(editor().text(), requests, now_ms); break;
    case LineEditor::Outcome::cancelled:
      overlay_ = Overlay::none;
      if (filters) apply_filter(old_filter_, old_filter_is_regex_, requests);
      break;
    default: break;
  }
}

void Ui::accept_prompt(const std::string& text, UiRequests& requests, uint64_t now_ms) {
  if (overlay_ == Overlay::filter || overlay_ == Overlay::screen_filter) {
    auto error = apply_filter(text, overlay_ == Overlay::screen_filter, requests);
    if (error) return editor().set_error(std::move(*error));
    tell(text.empty() ? "No filter" : "Filter: " + text, now_ms);
  } else if (overlay_ == Overlay::capture_filter) {
    if (text == options_.capture_filter) {
      tell("The capture filter stays as it is", now_ms);
    } else {
      requests.capture_filter = text;
    }
  } else if (!text.empty()) {
    requests.shell_command = text;
  }
  editor().remember(text);
  overlay_ = Overlay::none;
}

void Ui::set_capture_filter(const std::string& filter) {
  options_.capture_filter = filter;
}

void Ui::refuse_capture_filter(const std::string& filter, const std::string& error) {
  open_prompt(Overlay::capture_filter, filter);
  editor().set_error(report::printable(error));
}

void Ui::open_theme_chooser() {
  std::vector<Chooser::Item> items;
  for (const Theme& theme : built_in_themes()) items.push_back({theme.name, theme.description});
  for (const std::string& name : options_.themes) {
    if (find_theme(name) == nullptr) items.push_back({report::printable(name), "yours"});
  }
  if (items.empty()) return;
  const auto at = std::find_if(items.begin(), items.end(), [&](const Chooser::Item& item) {
    return item.label == options_.theme;
  });
  const size_t chosen = at == items.end() ? 0 : static_cast<size_t>(at - items.begin());
  old_theme_ = options_.theme;
  chooser_.emplace("Theme", std::move(items), chosen, Chooser::Preview{}, true);
  overlay_ = Overlay::theme;
}

void Ui::edit_theme(const Theme& theme) {
  theme_editor_.emplace(theme);
  overlay_ = Overlay::theme_editor;
}

void Ui::theme_saved(const std::string& name) {
  options_.theme = name;
  const auto& names = options_.themes;
  if (std::find(names.begin(), names.end(), name) == names.end()) options_.themes.push_back(name);
}

void Ui::handle_theme_editor(const Input& input, UiRequests& requests) {
  switch (theme_editor_->handle(input)) {
    case ThemeEditor::Outcome::open: return;
    case ThemeEditor::Outcome::changed: requests.shown_theme = theme_editor_->theme(); return;
    case ThemeEditor::Outcome::saved:
      if (auto looks = theme_editor_->changes(); !looks.empty()) {
        requests.saved_theme = ThemeChange{theme_editor_->base().name, std::move(looks)};
      }
      break;
    case ThemeEditor::Outcome::cancelled: requests.shown_theme = theme_editor_->base(); break;
  }
  theme_editor_.reset();
  overlay_ = Overlay::none;
}

void Ui::open_interface_chooser(UiRequests& requests) {
  requests.list_interfaces = true;
  overlay_ = Overlay::interface;
  set_interfaces(options_.interfaces);
}

void Ui::set_interfaces(std::vector<std::string> names) {
  options_.interfaces = std::move(names);
  if (overlay_ != Overlay::interface) return;
  std::vector<Chooser::Item> items;
  size_t chosen = 0;
  for (const std::string& name : options_.interfaces) {
    const bool captured =
        newest_ != nullptr &&
        std::any_of(newest_->captures.begin(), newest_->captures.end(),
                    [&](const CaptureSummary& capture) { return capture.name == name; });
    if (captured) chosen = items.size();
    items.push_back({report::printable(name), {}});
  }
  chooser_.emplace("Interface", std::move(items), chosen);
}

void Ui::handle_chooser(const Input& input, UiRequests& requests, uint64_t now_ms) {
  if (!chooser_) {
    overlay_ = Overlay::none;
    return;
  }
  const Chooser::Outcome outcome = chooser_->handle(input);
  const size_t at = chooser_->chosen();
  const bool any = at < chooser_->items().size();
  if (overlay_ == Overlay::theme) {
    std::string theme = any ? chooser_->items()[at].label : options_.theme;
    if (outcome == Chooser::Outcome::cancelled) theme = old_theme_;
    if (theme != options_.theme) {
      options_.theme = theme;
      requests.theme = theme;
    }
    if (outcome == Chooser::Outcome::chosen) tell("Theme " + theme + "; W saves it", now_ms);
  } else if (outcome == Chooser::Outcome::chosen && any) {
    const std::string& name = options_.interfaces[at];
    const bool same = newest_ != nullptr && newest_->captures.size() == 1 &&
                      newest_->captures.front().name == name;
    if (same) {
      tell("That is the interface already", now_ms);
    } else {
      requests.interface = name;
    }
  }
  if (outcome == Chooser::Outcome::chosen || outcome == Chooser::Outcome::cancelled) {
    chooser_.reset();
    overlay_ = Overlay::none;
  }
}

void Ui::handle_help(const Input& input) {
  if (input.kind == Input::Kind::mouse && !is_press(input)) return;
  const Action action = binding_of(input).action;
  int by = 0;
  const bool on = action == Action::down || action == Action::page_down;
  const bool back = action == Action::up || action == Action::page_up;
  if (on || input.key == Key::right) by = 1;
  if (back || input.key == Key::left) by = -1;
  if (by == 0 || input.kind == Input::Kind::mouse) {
    overlay_ = Overlay::none;
  } else {
    help_scroll_ = std::clamp(help_scroll_ + by, 0, help_reach_);
  }
}

/// Beside the keys of the popup all others work: pin, copy, names.
bool Ui::handle_details(const Input& input, UiRequests& requests) {
  if (closes(input) || is_press(input)) {
    overlay_ = Overlay::none;
    ++query_number_;
    requests.query_changed = true;
    return true;
  }
  const bool wheel = input.kind == Input::Kind::mouse;
  const Action action = binding_of(input).action;
  if (!wheel && (action == Action::page_down || action == Action::page_up)) {
    constexpr int kStep = 4;
    details_scroll_ = std::max(0, details_scroll_ + (action == Action::page_down ? kStep : -kStep));
    return true;
  }
  const bool down = wheel ? input.mouse == Mouse::wheel_down : action == Action::down;
  const bool up = wheel ? input.mouse == Mouse::wheel_up : action == Action::up;
  if (!down && !up) return false;
  move_by(down ? 1 : -1, requests);
  if (const ListRow* row = selected_row()) details_ = row->flow;
  ++query_number_;
  requests.query_changed = true;
  return true;
}

void Ui::handle_mouse(const Input& input, UiRequests& requests, uint64_t now_ms) {
  constexpr int kWheelRows = 3;
  if (input.mouse == Mouse::wheel_down) return scroll_by(kWheelRows, requests);
  if (input.mouse == Mouse::wheel_up) return scroll_by(-kWheelRows, requests);
  for (const auto& [view, place] : tabs_) {
    if (place.contains(input.row, input.column)) return go_to_view(view, requests);
  }
  if (!is_list(options_.view)) return;
  if (layout_.titles.contains(input.row, input.column)) {
    const auto sort = sort_at(options_.view, plan_, input.column - layout_.titles.column);
    if (!sort) return;  // the blanks between two columns
    if (*sort == sort_of(options_)) {
      KeyBinding again;
      again.action = Action::reverse;
      return act(again, requests, now_ms);
    }
    return sort_by(*sort, requests, now_ms);
  }
  if (layout_.list.contains(input.row, input.column)) click_list(input, requests, now_ms);
}

void Ui::click_list(const Input& input, UiRequests& requests, uint64_t now_ms) {
  const int each = lines_per_row(options_.view, options_.line_display);
  const size_t index = place().top + static_cast<size_t>((input.row - layout_.list.row) / each);
  if (index >= rows_.size()) {
    place().selected.reset();
    return;
  }
  select(index, requests);
  if (input.mouse == Mouse::press_middle) return toggle_pin(requests, now_ms);
  if (input.mouse == Mouse::double_left || input.mouse == Mouse::press_right) {
    open_selected(requests, now_ms);
  }
}

}  // namespace weir::tui
