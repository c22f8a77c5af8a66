#include "report/tui/keys.h"

#include <array>

#include "engine/pipeline/snapshot.h"
#include "report/tui/ui_options.h"

namespace weir::tui {
namespace {

constexpr KeyBinding letter(char32_t character, Action action, uint8_t argument = 0) {
  return {Key::character, character, action, argument, false, false};
}

constexpr KeyBinding control(char32_t character, Action action) {
  return {Key::character, character, action, 0, true, false};
}

constexpr KeyBinding special(Key key, Action action, uint8_t argument = 0) {
  return {key, 0, action, argument, false, false};
}

constexpr KeyBinding order(char32_t character, FlowOrder by) {
  return letter(character, Action::sort, static_cast<uint8_t>(by));
}

constexpr std::array kBindings = {
    special(Key::tab, Action::next_view),
    special(Key::back_tab, Action::previous_view),
    special(Key::enter, Action::open),
    special(Key::escape, Action::back),
    special(Key::backspace, Action::back),
    letter('/', Action::filter),
    letter('l', Action::screen_filter),
    letter('0', Action::clear_filter),
    letter('P', Action::pause),
    letter('h', Action::help),
    letter('H', Action::help),
    letter('?', Action::help),
    letter('n', Action::resolve_names),
    letter('N', Action::service_names),
    letter('s', Action::hide_source),
    letter('d', Action::hide_destination),
    letter('S', Action::source_ports),
    letter('D', Action::destination_ports),
    letter('p', Action::ports),
    letter('t', Action::line_display),
    letter('T', Action::cumulative),
    letter('U', Action::cumulative),
    letter('Z', Action::process_column),
    letter('b', Action::bars),
    letter('B', Action::bar_average),
    letter('L', Action::log_scale),
    letter('u', Action::unit),
    letter('+', Action::zoom_in),
    letter('-', Action::zoom_out),
    letter('x', Action::frame),
    letter('g', Action::column_titles),
    order('1', FlowOrder::rate_2s),
    order('2', FlowOrder::rate_10s),
    order('3', FlowOrder::rate_40s),
    order('4', FlowOrder::bytes),
    order('5', FlowOrder::packets),
    order('6', FlowOrder::peak),
    order('7', FlowOrder::duration),
    order('8', FlowOrder::sent),
    order('9', FlowOrder::received),
    order('#', FlowOrder::flows),
    special(Key::left, Action::sort_left),
    special(Key::right, Action::sort_right),
    order('<', FlowOrder::source),
    order('>', FlowOrder::destination),
    letter('r', Action::reverse),
    letter('o', Action::freeze),
    letter('j', Action::down),
    special(Key::down, Action::down),
    letter('k', Action::up),
    special(Key::up, Action::up),
    special(Key::page_down, Action::page_down),
    control('f', Action::page_down),
    special(Key::page_up, Action::page_up),
    control('b', Action::page_up),
    control('d', Action::half_page_down),
    control('u', Action::half_page_up),
    special(Key::home, Action::first),
    letter('G', Action::last),
    special(Key::end, Action::last),
    letter('F', Action::pin),
    letter('y', Action::copy),
    letter('e', Action::export_view),
    letter('f', Action::capture_filter),
    letter('i', Action::interface),
    letter('c', Action::theme),
    letter('C', Action::edit_theme),
    letter('M', Action::hover),
    letter('R', Action::refresh),
    letter('!', Action::shell),
    letter('W', Action::save),
    control('l', Action::redraw),
    letter('q', Action::quit),
    control('c', Action::quit),
};

constexpr std::array kHelp = {
    HelpEntry{"Views", "Tab Shift-Tab", "next, previous view"},
    HelpEntry{"Views", "F1-F9 Alt-1..9", "that view"},
    HelpEntry{"Views", "Enter", "drill down, details"},
    HelpEntry{"Views", "Esc", "back, close, deselect"},
    HelpEntry{"Views", "/ l 0", "filter, of names, none"},
    HelpEntry{"Views", "P", "pause the display"},
    HelpEntry{"Views", "h ?", "this help"},
    HelpEntry{"Hosts and ports", "n N", "host, service names"},
    HelpEntry{"Hosts and ports", "s d", "hide source, dest."},
    HelpEntry{"Hosts and ports", "S D p", "their ports, all ports"},
    HelpEntry{"Hosts and ports", "t", "2 lines, sum, one side"},
    HelpEntry{"Hosts and ports", "T U Z", "totals, processes"},
    HelpEntry{"Bars and units", "b B", "bars; of 2, 10, 40 s"},
    HelpEntry{"Bars and units", "L u", "log scale, bytes"},
    HelpEntry{"Bars and units", "+ -", "history: nearer, wider"},
    HelpEntry{"Bars and units", "x g", "frame, column titles"},
    HelpEntry{"Order", "1 2 3", "by 2, 10, 40 s rate"},
    HelpEntry{"Order", "4 5 6 7", "bytes, pkts, peak, time"},
    HelpEntry{"Order", "8 9 #", "sent, received, flows"},
    HelpEntry{"Order", "Left Right", "by the next column"},
    HelpEntry{"Order", "< >", "by source, destination"},
    HelpEntry{"Order", "r o", "reverse, freeze"},
    HelpEntry{"Rows", "j k arrows", "down, up"},
    HelpEntry{"Rows", "PgUp PgDn ^U ^D", "a page, half of one"},
    HelpEntry{"Rows", "Home G End", "first, last"},
    HelpEntry{"Rows", "F", "pin, unpin"},
    HelpEntry{"Rows", "y e", "copy row, export view"},
    HelpEntry{"Program", "f", "capture filter"},
    HelpEntry{"Program", "i c C", "interface, theme, edit"},
    HelpEntry{"Program", "R", "refresh 1, 2, 5, 10 s"},
    HelpEntry{"Program", "! W", "shell command, save"},
    HelpEntry{"Program", "^L", "draw anew"},
    HelpEntry{"Program", "q ^C", "quit"},
    HelpEntry{"Mouse", "click", "row, tab, column sorts"},
    HelpEntry{"Mouse", "double, right", "open, details"},
    HelpEntry{"Mouse", "middle, wheel", "pin, scroll"},
    HelpEntry{"Mouse", "rest, M", "explains; on, off"},
};

}  // namespace

std::span<const KeyBinding> key_bindings() noexcept {
  return kBindings;
}

std::span<const HelpEntry> key_help() noexcept {
  return kHelp;
}

KeyBinding binding_of(const Input& input) noexcept {
  if (input.kind != Input::Kind::key) return {};
  if (input.key >= Key::f1 && input.key <= Key::f9) {
    const auto view = static_cast<uint8_t>(static_cast<int>(input.key) - static_cast<int>(Key::f1));
    return special(input.key, Action::go_to_view, view);
  }
  const bool character = input.key == Key::character;
  if (character && input.alt && !input.control && input.character >= '1' &&
      input.character < '1' + static_cast<char32_t>(View::count_)) {
    KeyBinding binding =
        letter(input.character, Action::go_to_view, static_cast<uint8_t>(input.character - '1'));
    binding.alt = true;
    return binding;
  }
  for (const KeyBinding& binding : kBindings) {
    if (binding.key != input.key) continue;
    if (!character) return binding;
    if (binding.character == input.character && binding.control == input.control &&
        binding.alt == input.alt) {
      return binding;
    }
  }
  return {};
}

}  // namespace weir::tui
