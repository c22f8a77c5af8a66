#include <fmt/format.h>

#include <algorithm>

#include "engine/core/clock.h"
#include "report/format.h"
#include "report/tui/plot.h"
#include "report/tui/ui.h"
#include "report/tui/workers_view.h"

namespace weir::tui {
namespace {

std::string_view display_name(LineDisplay display) {
  switch (display) {
    case LineDisplay::two_line: return "Two lines a flow";
    case LineDisplay::one_line_both: return "One line a flow: sent and received";
    case LineDisplay::one_line_sent: return "Sent traffic only";
    case LineDisplay::one_line_received: return "Received traffic only";
  }
  return "";
}

std::string on_off(std::string_view what, bool on) {
  return std::string(what) + (on ? " on" : " off");
}

}  // namespace

UiRequests Ui::handle(const Input& input, uint64_t now_ms) {
  UiRequests requests;
  if (input.kind == Input::Kind::lost) requests.quit = true;
  if (input.kind == Input::Kind::resize) {
    hover_.reset();
    requests.redraw = true;
  }
  if (input.kind == Input::Kind::mouse && input.mouse == Mouse::moved) {
    follow_mouse(input, requests, now_ms);
    return requests;
  }
  if (input.kind == Input::Kind::key || input.kind == Input::Kind::mouse) {
    requests.redraw = true;
    hover_.reset();
    if (input.kind == Input::Kind::mouse && explain(input, requests)) return requests;
    if (overlay_ == Overlay::none || !handle_overlay(input, requests, now_ms)) {
      if (input.kind == Input::Kind::mouse) {
        handle_mouse(input, requests, now_ms);
      } else {
        act(binding_of(input), requests, now_ms);
      }
    }
  }
  finish(requests);
  return requests;
}

void Ui::act(const KeyBinding& binding, UiRequests& requests, uint64_t now_ms) {
  if (binding.action == Action::none) {
    return tell("h or ? for help", now_ms, Role::dim);
  }
  if (act_on_place(binding, requests, now_ms) || act_on_order(binding, requests, now_ms) ||
      act_on_flows(binding.action, requests, now_ms) ||
      act_on_look(binding.action, requests, now_ms) ||
      act_on_rows(binding.action, requests, now_ms)) {
    return;
  }
  act_on_program(binding.action, requests, now_ms);
}

/// What rows are made of, and what they are called.
bool Ui::act_on_flows(Action action, UiRequests& requests, uint64_t now_ms) {
  const auto toggle = [&](bool& option, std::string_view what, bool content) {
    option = !option;
    tell(on_off(what, option), now_ms);
    if (content && options_.view == View::flows) content_changed(requests);
  };
  const auto hide = [&](bool& option, std::string_view what) {
    option = !option;
    tell(std::string(option ? "Hide " : "Show ") + std::string(what), now_ms);
    if (is_paired(options_.view)) content_changed(requests);
  };
  switch (action) {
    case Action::resolve_names:
      toggle(options_.resolve_names, "Host names", false);
      requests.resolve_names = options_.resolve_names;
      // Names are part of what it looks at.
      if (!options_.filter.empty()) apply_filter(options_.filter, filter_is_regex_, requests);
      return true;
    case Action::service_names: toggle(options_.service_names, "Service names", false); return true;
    case Action::hide_source: hide(options_.hide_source, "source host"); return true;
    case Action::hide_destination: hide(options_.hide_destination, "destination host"); return true;
    case Action::source_ports: toggle(options_.source_ports, "Source ports", true); return true;
    case Action::destination_ports:
      toggle(options_.destination_ports, "Destination ports", true);
      return true;
    case Action::ports: {
      const bool on = !options_.source_ports && !options_.destination_ports;
      options_.source_ports = options_.destination_ports = on;
      tell(on_off("Ports", on), now_ms);
      if (options_.view == View::flows) content_changed(requests);
      return true;
    }
    case Action::process_column:
      if (process_source_ == nullptr) {
        tell("Processes are not known here", now_ms, Role::warning);
        return true;
      }
      toggle(options_.process_column, "Process column", false);
      return true;
    default: return false;
  }
}

/// How it looks.
bool Ui::act_on_look(Action action, UiRequests& requests, uint64_t now_ms) {
  const auto toggle = [&](bool& option, std::string_view what) {
    option = !option;
    tell(on_off(what, option), now_ms);
    return true;
  };
  switch (action) {
    case Action::line_display:
      if (options_.view == View::history) {
        history_lines_ = !history_lines_;
        return true;
      }
      options_.line_display =
          static_cast<LineDisplay>((static_cast<int>(options_.line_display) + 1) % 4);
      show_direction(requests);
      tell(std::string(display_name(options_.line_display)), now_ms);
      return true;
    case Action::cumulative: return toggle(options_.cumulative, "Cumulative totals");
    case Action::bars: return toggle(options_.bars, "Bars");
    case Action::bar_average:
      next_bar_average(requests);
      tell("Bars show " + std::to_string(options_.bar_seconds) + " s average", now_ms);
      return true;
    case Action::log_scale:
      options_.log_scale = !options_.log_scale;
      tell(options_.log_scale ? "Logarithmic scale" : "Linear scale", now_ms);
      return true;
    case Action::unit:
      options_.in_bytes = !options_.in_bytes;
      tell(options_.in_bytes ? "Rates in bytes per second" : "Rates in bits per second", now_ms);
      return true;
    case Action::zoom_in: history_seconds_ = std::max(60U, history_seconds_ / 2); return true;
    case Action::zoom_out:
      history_seconds_ = std::min(history_.capacity_seconds(), history_seconds_ * 2);
      return true;
    case Action::frame: return toggle(options_.frame, "Frame");
    case Action::column_titles: return toggle(options_.column_titles, "Column titles");
    default: return false;
  }
}

void Ui::toggle_pin(UiRequests& requests, uint64_t now_ms) {
  const ListRow* row = selected_row();
  if (row == nullptr) return tell("Select a row first", now_ms);
  const Pin pin{options_.view, row->flow.key};
  if (is_pinned(pin.key)) {
    std::erase(pins_, pin);
  } else if (pins_.size() >= kMaxPins) {
    return tell("No more than " + std::to_string(kMaxPins) + " rows can be pinned", now_ms,
                Role::warning);
  } else {
    pins_.push_back(pin);
  }
  arrange(true);
  ++query_number_;
  requests.query_changed = true;
  widen(requests);
}

std::string Ui::selected_text() const {
  const ListRow* row = selected_row();
  if (row == nullptr) return {};
  const auto rates = [&](std::string_view name, const Traffic& traffic) {
    return "  " + std::string(name) + " " + report::rate_text(traffic.rate_2s, options_.in_bytes) +
           ", " + report::rate_text(traffic.rate_10s, options_.in_bytes) + ", " +
           report::rate_text(traffic.rate_40s, options_.in_bytes) + ", " +
           report::count_text(traffic.ip_bytes) + " B";
  };
  const std::string label = row_label(names(), options_.view, row->flow, parts());
  return report::printable(label) + rates("sent", row->flow.sent) +
         rates("received", row->flow.received);
}

/// What it is of, and then the view.
std::string Ui::exported() const {
  const bool list = is_list(options_.view);
  const Snapshot& snapshot = list ? *shown_ : *newest_;
  std::string text = "weir " + report::zoned_time_text(snapshot.time_ns, options_.zone);
  for (const CaptureSummary& capture : snapshot.captures) {
    text +=
        "  " + report::printable(capture.name) + " (" + report::printable(capture.backend) + ")";
  }
  if (!options_.capture_filter.empty()) {
    text += "  capture filter: " + report::printable(options_.capture_filter);
  }
  const std::string path = list ? path_text() : std::string();
  if (!path.empty()) text += "\n" + report::printable(path);
  text += "\n" + missed_text(snapshot.accounting);
  if (missed_before_ > 0) text += ", missed before " + report::count_text(missed_before_);
  if (list) text += ", " + place_text();
  text += "\n\n";
  if (options_.view == View::workers) return text + exported_workers();
  if (options_.view == View::history) return text + exported_history();
  return text + exported_list();
}

std::string Ui::exported_workers() const {
  Grid grid(kExportColumns, workers_view_rows(*newest_));
  draw_workers(grid, {0, 0, grid.rows(), grid.columns()}, previous_.get(), *newest_,
               {.spins = options_.workers_spin,
                .in_bytes = options_.in_bytes,
                .scroll = 0,
                .glyphs = Glyphs::ascii});
  return grid.text();
}

/// All seconds that are kept, whatever part of them is drawn.
std::string Ui::exported_history() const {
  const std::string zone = report::zone_name(newest_->time_ns, options_.zone);  // "second (CEST)"
  std::string text = fmt::format("{:<20} {:>15} {:>15}\n", "second (" + zone + ")", "bytes sent",
                                 "bytes received");
  for (const SecondBytes& second : history_.last(history_.capacity_seconds())) {
    text +=
        fmt::format("{:<20} {:>15} {:>15}\n",
                    report::time_text(second.second * kNsPerSecond, options_.zone).substr(0, 19),
                    second.sent, second.received);
  }
  return text;
}

/// The whole list, not only what is seen of it, at a width of its own.
std::string Ui::exported_list() const {
  std::string text;
  ListScene scene = list_scene();
  scene.selected.reset();
  scene.exact = true;
  const ColumnPlan plan = plan_columns(options_.view, kExportColumns, options_, scene.marks, true);
  const auto each = static_cast<size_t>(lines_per_row(options_.view, options_.line_display));
  Grid titles(kExportColumns, 1);
  draw_titles(titles, {0, 0, 1, kExportColumns}, scene, plan);
  text += titles.text();
  constexpr size_t kRowsAtOnce = 256;
  for (scene.top = 0; scene.top < rows_.size(); scene.top += kRowsAtOnce) {
    const int lines = static_cast<int>(each * std::min(kRowsAtOnce, rows_.size() - scene.top));
    Grid part(kExportColumns, lines);
    draw_list(part, {0, 0, lines, kExportColumns}, scene, plan);
    text += part.text();
  }
  Grid totals(kExportColumns, 3);
  TotalsScene bottom{shown_.get(), options_.in_bytes};
  for (const Column& column : plan.columns) {
    if (column.what < Column::What::rate_2s) continue;
    bottom
        .rate_ends[static_cast<size_t>(column.what) - static_cast<size_t>(Column::What::rate_2s)] =
        column.end();
  }
  draw_totals(totals, {0, 0, 3, kExportColumns}, bottom);
  return text + "\n" + totals.text();
}

bool Ui::act_on_rows(Action action, UiRequests& requests, uint64_t now_ms) {
  switch (action) {
    case Action::pin: toggle_pin(requests, now_ms); return true;
    case Action::copy: {
      std::string text = selected_text();
      if (text.empty()) {
        tell("Select a row first", now_ms);
        return true;
      }
      requests.copy = std::move(text);
      tell("Copied, if the terminal allows it", now_ms);
      return true;
    }
    case Action::export_view:
      if (shown_ == nullptr || newest_ == nullptr) {
        tell("There is nothing to export yet", now_ms);
        return true;
      }
      requests.export_text = exported();
      return true;
    case Action::clear_filter:
      apply_filter("", false, requests);
      tell("No filter", now_ms);
      return true;
    default: return false;
  }
}

void Ui::act_on_program(Action action, UiRequests& requests, uint64_t now_ms) {
  switch (action) {
    case Action::filter:
      open_prompt(Overlay::filter, filter_is_regex_ ? "" : options_.filter);
      break;
    case Action::screen_filter:
      open_prompt(Overlay::screen_filter, filter_is_regex_ ? options_.filter : "");
      break;
    case Action::capture_filter:
      open_prompt(Overlay::capture_filter, options_.capture_filter);
      break;
    case Action::shell: open_prompt(Overlay::shell, ""); break;
    case Action::help:
      overlay_ = Overlay::help;
      help_scroll_ = 0;
      break;
    case Action::theme: open_theme_chooser(); break;
    case Action::edit_theme: requests.edit_theme = true; break;
    case Action::hover: toggle_hover(requests, now_ms); break;
    case Action::interface: open_interface_chooser(requests); break;
    case Action::refresh:
      options_.refresh_ms = options_.refresh_ms < 2000     ? 2000
                            : options_.refresh_ms < 5000   ? 5000
                            : options_.refresh_ms < 10'000 ? 10'000
                                                           : 1000;
      requests.refresh_ms = options_.refresh_ms;
      tell("Refresh every " + std::to_string(options_.refresh_ms / 1000) + " s", now_ms);
      break;
    case Action::save: requests.save_configuration = true; break;
    case Action::redraw: requests.clear = true; break;
    case Action::quit: requests.quit = true; break;
    default: requests.bell = true; break;
  }
}

}  // namespace weir::tui
