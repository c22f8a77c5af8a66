#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/pipeline/flow_query.h"
#include "engine/pipeline/snapshot.h"
#include "report/alerts.h"
#include "report/name_source.h"
#include "report/process_source.h"
#include "report/tui/bar.h"
#include "report/tui/chooser.h"
#include "report/tui/columns.h"
#include "report/tui/grid.h"
#include "report/tui/history.h"
#include "report/tui/input.h"
#include "report/tui/keys.h"
#include "report/tui/labels.h"
#include "report/tui/layout.h"
#include "report/tui/line_editor.h"
#include "report/tui/list_rows.h"
#include "report/tui/list_view.h"
#include "report/tui/status_line.h"
#include "report/tui/theme_editor.h"
#include "report/tui/ui_options.h"
#include "report/tui/ui_requests.h"
#include "report/tui/view_groupers.h"

namespace weir::tui {

/// The state of the screen: snapshots and inputs in, a query and a drawing out. It knows no
/// terminal, thread, file or clock: times are handed in, and what reaches outside is asked for in
/// UiRequests. Owned and used by the UI thread; names and processes must outlive it. It does not
/// fail: what cannot be done is said in the message line.
class Ui {
 public:
  /// Rows that a query asks for at most; the screen says how many there are.
  static constexpr uint64_t kMaxRows = 10'000;
  static constexpr size_t kMaxPins = 64;

  /// `processes` null: not on this system.
  Ui(UiOptions options, report::NameSource& names, report::ProcessSource* processes);

  /// Not null. `now_ms` is of any clock that does not go back, here and below.
  UiRequests take(std::shared_ptr<const Snapshot> snapshot, uint64_t now_ms);
  UiRequests take(const Event& event, uint64_t now_ms);
  UiRequests handle(const Input& input, uint64_t now_ms);
  /// What is to be asked now. Its number changes with it.
  FlowQuery query() const;

  /// Draws all of the screen. It remembers the size, which scrolling and the mouse need.
  void draw(Grid& grid, Glyphs glyphs, uint64_t now_ms);
  /// Row and column of the cursor in what was drawn last, while text is typed.
  std::optional<std::pair<int, int>> cursor() const { return cursor_; }

  /// What was changed by keys included: what a saved configuration says.
  UiOptions options() const;
  /// Whether Mouse::moved is wanted.
  bool wants_motion() const { return options_.hover.value_or(!options_.remote); }
  /// Shows a line for some seconds.
  void tell(std::string text, uint64_t now_ms, Role role = Role::text);
  /// Which rows an alert is on; null: none.
  void set_alerts(std::shared_ptr<const report::AlertMarks> marks) { alerts_ = std::move(marks); }
  /// Answers to requests.
  void edit_theme(const Theme& theme);
  void theme_saved(const std::string& name);
  void set_interfaces(std::vector<std::string> names);
  void set_capture_filter(const std::string& filter);
  /// Another engine counts from now on; the one before had missed so many packets.
  void begin_anew(uint64_t missed);
  void refuse_capture_filter(const std::string& filter, const std::string& error);

 private:
  enum class Overlay : uint8_t {
    none,
    help,
    details,
    filter,
    screen_filter,
    capture_filter,
    shell,
    theme,
    interface,
    theme_editor
  };
  struct Place {
    std::optional<FlowKey> selected;
    size_t index = 0;  ///< where that row was last
    size_t top = 0;
  };
  /// A row that was drilled into.
  struct Step {
    View from;  ///< where Escape goes back to
    Place place;
    FlowKey group;
    ShownParts parts;
    std::string label;
  };
  struct Pin {
    View view;
    FlowKey key;
    bool operator==(const Pin&) const = default;
  };
  struct KeyHash {
    size_t operator()(const FlowKey& key) const noexcept;
  };
  struct Message {
    std::string text;
    Role role = Role::text;
    uint64_t until_ms = 0;
  };

  // ui.cc: what is asked and what comes back.
  bool grouped() const;
  ShownParts parts() const;
  std::shared_ptr<const Grouper> grouper_for(View view, const ShownParts& shown) const;
  void make_filter();
  void content_changed(UiRequests& requests);
  void order_changed(UiRequests& requests);
  void widen(UiRequests& requests);
  void adopt(std::shared_ptr<const Snapshot> snapshot);
  /// `follow`: the user did something, so what is selected comes into sight.
  void arrange(bool follow);
  void keep_place(bool follow);
  void note_scale();
  void note_rates();
  void renew_processes(UiRequests& requests);
  bool uses_processes() const;
  void finish(UiRequests& requests);
  bool is_pinned(const FlowKey& key) const;
  Names names() const;
  Place& place() { return places_[static_cast<size_t>(options_.view)]; }
  const Place& place() const { return places_[static_cast<size_t>(options_.view)]; }

  // ui_moves.cc: where one is.
  std::optional<size_t> selected_index() const;
  const ListRow* selected_row() const;
  void select(size_t index, UiRequests& requests);
  void to_the_top(UiRequests& requests);
  void move_by(int64_t rows, UiRequests& requests);
  void scroll_by(int64_t rows, UiRequests& requests);
  void keep_visible(size_t index);
  int visible_rows() const;
  bool act_on_place(const KeyBinding& binding, UiRequests& requests, uint64_t now_ms);
  void go_to_view(View view, UiRequests& requests);
  void open_selected(UiRequests& requests, uint64_t now_ms);
  void drill_into(const ListRow& row, UiRequests& requests);
  void go_back(UiRequests& requests);

  // ui_sort.cc: what comes first.
  OrderSide order_side() const;
  void sort_by_process();
  void sort_by(const SortKey& key, UiRequests& requests, uint64_t now_ms);
  void sort_by_next_column(int step, UiRequests& requests, uint64_t now_ms);
  void freeze(UiRequests& requests);
  void show_direction(UiRequests& requests);
  void next_bar_average(UiRequests& requests);
  bool act_on_order(const KeyBinding& binding, UiRequests& requests, uint64_t now_ms);

  // ui_actions.cc: what keys do.
  void act(const KeyBinding& binding, UiRequests& requests, uint64_t now_ms);
  bool act_on_flows(Action action, UiRequests& requests, uint64_t now_ms);
  bool act_on_look(Action action, UiRequests& requests, uint64_t now_ms);
  bool act_on_rows(Action action, UiRequests& requests, uint64_t now_ms);
  void act_on_program(Action action, UiRequests& requests, uint64_t now_ms);
  void toggle_pin(UiRequests& requests, uint64_t now_ms);
  std::string selected_text() const;
  std::string exported() const;
  std::string exported_list() const;
  std::string exported_workers() const;
  std::string exported_history() const;

  // ui_popups.cc: what popups and prompts do.
  void open_prompt(Overlay overlay, const std::string& text);
  void open_theme_chooser();
  void handle_theme_editor(const Input& input, UiRequests& requests);
  void open_interface_chooser(UiRequests& requests);
  bool handle_overlay(const Input& input, UiRequests& requests, uint64_t now_ms);
  void handle_prompt(const Input& input, UiRequests& requests, uint64_t now_ms);
  void accept_prompt(const std::string& text, UiRequests& requests, uint64_t now_ms);
  void handle_chooser(const Input& input, UiRequests& requests, uint64_t now_ms);
  bool handle_details(const Input& input, UiRequests& requests);
  void handle_help(const Input& input);
  bool is_prompt() const { return overlay_ >= Overlay::filter && overlay_ <= Overlay::shell; }
  LineEditor& editor();
  /// Nothing, or why the text is no filter; then the one in force stays.
  std::optional<std::string> apply_filter(const std::string& text, bool regex,
                                          UiRequests& requests);
  void handle_mouse(const Input& input, UiRequests& requests, uint64_t now_ms);
  void click_list(const Input& input, UiRequests& requests, uint64_t now_ms);

  // ui_hover.cc: what is explained beside the mouse.
  void follow_mouse(const Input& input, UiRequests& requests, uint64_t now_ms);
  bool explain(const Input& input, UiRequests& requests);
  void hide_hover(UiRequests& requests);
  void toggle_hover(UiRequests& requests, uint64_t now_ms);
  std::string hover_text(int row, int column) const;
  std::string row_text(const ListRow& row) const;
  const ListRow* row_at(int row) const;
  void draw_hover_box(Grid& grid, Glyphs glyphs, uint64_t now_ms);

  // ui_draw.cc
  StatusScene status_scene() const;
  Scale scale() const;
  ListScene list_scene() const;
  std::string path_text() const;
  std::string place_text() const;
  std::string limits_text() const;
  void draw_tabs(Grid& grid);
  void draw_path(Grid& grid) const;
  void draw_body(Grid& grid, Glyphs glyphs);
  void draw_bottom(Grid& grid, Glyphs glyphs, uint64_t now_ms);
  void draw_overlay(Grid& grid, Glyphs glyphs);
  void draw_details(Grid& grid, Glyphs glyphs);

  UiOptions options_;
  report::NameSource& name_source_;
  report::ProcessSource* process_source_;
  std::shared_ptr<const report::ProcessTable> processes_;
  bool watching_processes_ = false;
  std::shared_ptr<const NetworkGrouper> networks_;

  std::shared_ptr<const Snapshot> newest_;    ///< for what must not be late: losses
  std::shared_ptr<const Snapshot> previous_;  ///< the one before
  std::shared_ptr<const Snapshot> shown_;     ///< the newest, unless paused
  std::optional<uint64_t> packets_per_second_;
  uint64_t missed_before_ = 0;
  std::map<std::string, uint32_t> attempts_;  ///< of captures that are waiting
  History history_;
  uint32_t history_seconds_ = 300;
  bool history_lines_ = false;
  AutoMaximum scale_maximum_;  ///< of a logarithmic scale
  uint64_t busiest_rate_ = 0;  ///< what a linear one holds: for half a minute after it was needed
  uint64_t busiest_ns_ = 0;
  bool scale_is_early_ = false;  ///< of rates over less than a second: nothing to hold

  uint64_t query_number_ = 1;
  uint64_t content_number_ = 1;  ///< answers to queries from this one on have the rows wanted
  std::shared_ptr<const Grouper> grouper_;  ///< of the view, null: flows themselves
  std::shared_ptr<const FlowFilter> display_filter_;
  std::shared_ptr<const FlowFilter> filter_;  ///< that and what was drilled into
  uint64_t row_limit_ = 0;
  std::vector<ListRow> rows_;
  uint64_t row_count_ = 0;  ///< of all that could be listed
  bool rows_known_ = false;
  bool held_unfiltered_ = false;  ///< the rows of shown_ were chosen without a display filter

  std::array<Place, static_cast<size_t>(View::count_)> places_;
  std::vector<Step> path_;
  std::vector<Pin> pins_;
  bool paused_ = false;
  bool frozen_ = false;
  bool to_the_end_ = false;  ///< when more rows come
  std::unordered_map<FlowKey, size_t, KeyHash> frozen_ranks_;
  int scroll_ = 0;  ///< of workers
  int help_scroll_ = 0;
  int help_reach_ = 0;

  Overlay overlay_ = Overlay::none;
  std::array<LineEditor, 4> editors_;  ///< of the prompts: each remembers what was typed
  std::optional<Chooser> chooser_;
  std::optional<ThemeEditor> theme_editor_;
  std::string old_theme_;
  bool filter_is_regex_ = false;  ///< options_.filter is iftop's: on host names
  std::string old_filter_;
  bool old_filter_is_regex_ = false;
  std::shared_ptr<const report::AlertMarks> alerts_;
  FlowRow details_;
  int details_scroll_ = 0;
  Rect details_place_;
  Message message_;

  int columns_ = 80;
  int height_ = 24;
  Layout layout_;
  ColumnPlan plan_;
  std::vector<std::pair<View, Rect>> tabs_;
  std::vector<StatusPlace> status_places_;
  std::optional<std::pair<int, int>> cursor_;
  /// Where the mouse rests and since when; empty: nothing is to be explained.
  struct Hover {
    int row = 0;
    int column = 0;
    uint64_t since_ms = 0;
    bool shown = false;
  };
  std::optional<Hover> hover_;
};

}  // namespace weir::tui
