#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1

#include "report/tui/terminal.h"

#include <curses.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "report/format.h"
#include "report/tui/ascii.h"
#include "report/tui/input_decoder.h"
#include "report/tui/osc52.h"
#include "report/tui/painter.h"
#include "report/tui/signal_pipe.h"
#include "report/tui/terminfo.h"
#include "report/tui/tty.h"
#include "report/tui/tty_guard.h"
#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

constexpr int kEscapeMs = 25;  // what a terminal sends for one key comes within that
constexpr int kDirectColours = 1 << 24;
constexpr int kMostPairs = 4096;
constexpr std::string_view kMouseOn = "\x1b[?1000h\x1b[?1006h";  // buttons, reports without limits
constexpr std::string_view kMotionOn = "\x1b[?1003h";  // every cell that the mouse comes to
constexpr std::string_view kMotionOff = "\x1b[?1003l\x1b[?1000h";
constexpr std::string_view kAskGround = "\x1b]11;?\x1b\\";
constexpr std::string_view kPasteOn = "\x1b[?2004h";  // bracketed paste

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

std::string environment(const char* name) {
  const char* const value = ::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return value == nullptr ? "" : value;
}

class CursesTerminal final : public Terminal {
 public:
  CursesTerminal(Tty tty, TerminalDescription description, const Options& options,
                 const Theme& theme)
      : tty_(std::move(tty)),
        description_(std::move(description)),
        theme_(theme),
        mouse_(options.mouse),
        colours_(options.colours),
        glyphs_(use_locale() && !options.ascii ? Glyphs::utf8 : Glyphs::ascii) {
    if (!description_.reports) return;
    set_modes(options.motion);
  }
  ~CursesTerminal() override;
  CursesTerminal(const CursesTerminal&) = delete;
  CursesTerminal& operator=(const CursesTerminal&) = delete;

  Result<void> start();

  int columns() const override { return COLS; }
  int rows() const override { return LINES; }
  Glyphs glyphs() const override { return glyphs_; }
  std::string note() const override { return description_.note; }
  void set_theme(const Theme& theme) override;
  void set_motion(bool on) override;
  void show(const Grid& grid) override;
  void show(const Grid& grid, int cursor_row, int cursor_column) override;
  Input wait(int timeout_ms, int wake_fd) override;
  void redraw() override;
  void bell() override;
  void copy(const std::string& text) override;
  void run_shell(const std::string& command) override;
  void close() override;
  void let_go() override { tty_.let_go(); }

 private:
  void start_colours();
  void set_modes(bool motion);
  void use_colours();
  void draw(const Grid& grid);
  void draw_row(const Grid& grid, int row);
  cchar_t cell_of(const Grid::Cell& cell, int width);
  int pair_of(const Paint& paint);
  void leave();
  void enter();
  void take_size();
  std::optional<Input> signalled();
  std::optional<Input> typed();
  void read_input();
  bool poll_all(int timeout_ms, int wake_fd, bool& woken);

  Tty tty_;
  const TerminalDescription description_;
  Theme theme_;
  Colour ground_;  ///< that the terminal has told
  const bool mouse_;
  const bool colours_;
  const Glyphs glyphs_;
  std::string modes_on_;
  SignalPipe signals_;
  std::optional<TtyGuard> guard_;
  FILE* in_file_ = nullptr;
  SCREEN* screen_ = nullptr;
  Painter::Abilities abilities_;
  std::optional<Painter> painter_;
  std::unordered_map<int64_t, int> pairs_;
  std::optional<Grid> shown_;  ///< empty: everything is to be drawn
  std::vector<cchar_t> line_;
  InputDecoder decoder_;
  int64_t read_ms_ = 0;
  bool lost_ = false;
  bool closed_ = false;
};

Result<void> CursesTerminal::start() {
  // Before ncurses, which leaves alone what is handled already.
  if (const auto opened = signals_.open(); !opened) return fail(opened.error());
  guard_.emplace(tty_.out(), tty_.modes(), description_.leave);
  std::fflush(stdout);
  const int in = ::fcntl(tty_.in(), F_DUPFD_CLOEXEC, 3);
  if (in >= 0) in_file_ = ::fdopen(in, "r");
  if (in_file_ != nullptr) {
    screen_ = ::newterm(description_.name.c_str(), stdout, in_file_);
  }
  if (screen_ == nullptr) {
    return fail({.code = Code::io,
                 .sys_errno = errno,
                 .where = "terminal",
                 .message = "ncurses cannot use it"});
  }
  guard_->arm(true);
  ::raw();  // Ctrl-C, Ctrl-Z and Ctrl-\ are keys
  ::noecho();
  ::nonl();
  ::typeahead(-1);  // input is read by InputDecoder
  ::curs_set(0);
  start_colours();
  painter_.emplace(theme_, abilities_);
  take_size();
  ::refresh();
  tty_.write(modes_on_);
  // The answer comes when it comes; terminals without one keep silent.
  if (description_.reports && abilities_.colours >= 256) tty_.write(kAskGround);
  return {};
}

void CursesTerminal::set_modes(bool motion) {
  modes_on_.clear();
  if (mouse_) modes_on_ = kMouseOn;
  if (mouse_ && motion) modes_on_ += kMotionOn;
  modes_on_ += kPasteOn;
}

void CursesTerminal::set_motion(bool on) {
  if (!description_.reports || !mouse_ || lost_) return;
  set_modes(on);
  tty_.write(on ? kMotionOn : kMotionOff);
}

void CursesTerminal::start_colours() {
  if (!colours_ || ::has_colors() == FALSE || ::start_color() == ERR) return;
  abilities_.own_colours = ::use_default_colors() == OK;
  abilities_.colours = COLORS;
  const std::string colorterm = environment("COLORTERM");
  abilities_.exact = (colorterm == "truecolor" || colorterm == "24bit") && COLORS >= 256 &&
                     COLORS < kDirectColours && ::can_change_color() != FALSE &&
                     description_.gives_colours_back;
}

CursesTerminal::~CursesTerminal() {
  close();
  if (screen_ != nullptr) ::delscreen(screen_);
  if (in_file_ != nullptr) std::fclose(in_file_);
}

void CursesTerminal::close() {
  if (lost_) signals_.ignore_hang_ups();
  if (screen_ == nullptr || std::exchange(closed_, true)) return;
  // Room for what follows, and for what the program says last.
  if (tty_.is_let_go()) tty_.discard_output();
  leave();
}

/// The terminal as it was found. endwin() also gives it its old modes.
void CursesTerminal::leave() {
  if (description_.reports) tty_.write(kReportsOff);
  ::endwin();
  guard_->arm(false);
}

void CursesTerminal::enter() {
  guard_->arm(true);
  ::clearok(::curscr, TRUE);
  ::refresh();
  tty_.write(modes_on_);
  shown_.reset();
  take_size();
}

void CursesTerminal::take_size() {
  const Tty::Size size = tty_.size();
  if (size.columns <= 0 || size.rows <= 0) return;
  // No larger than a grid can be.
  const Grid limits(size.columns, size.rows);
  if (limits.columns() == COLS && limits.rows() == LINES) return;
  ::resizeterm(limits.rows(), limits.columns());
  shown_.reset();
}

void CursesTerminal::set_theme(const Theme& theme) {
  theme_ = theme;
  use_colours();
}

void CursesTerminal::use_colours() {
  painter_.emplace(on_ground(theme_, ground_), abilities_);
  pairs_.clear();
  if (abilities_.colours > 0) ::reset_color_pairs();
  shown_.reset();
}

void CursesTerminal::show(const Grid& grid) {
  if (lost_) return;
  decoder_.accept_paste(false);
  draw(grid);
  ::curs_set(0);
  ::refresh();
}

void CursesTerminal::show(const Grid& grid, int cursor_row, int cursor_column) {
  if (lost_) return;
  decoder_.accept_paste(true);
  draw(grid);
  ::move(std::clamp(cursor_row, 0, LINES - 1), std::clamp(cursor_column, 0, COLS - 1));
  ::curs_set(1);
  ::refresh();
}

void CursesTerminal::draw(const Grid& grid) {
  const bool same_size =
      shown_ && shown_->columns() == grid.columns() && shown_->rows() == grid.rows();
  if (!same_size) ::erase();
  for (int row = 0; row < std::min(grid.rows(), LINES); ++row) {
    bool same = same_size;
    for (int column = 0; same && column < grid.columns(); ++column) {
      same = grid.at(row, column) == shown_->at(row, column);
    }
    if (!same) draw_row(grid, row);
  }
  shown_ = grid;
}

void CursesTerminal::draw_row(const Grid& grid, int row) {
  line_.clear();
  for (int column = 0; column < std::min(grid.columns(), COLS); ++column) {
    const Grid::Cell& cell = grid.at(row, column);
    const bool wide =
        cell.character != 0 && column + 1 < COLS && grid.at(row, column + 1).character == 0;
    const size_t before = line_.size();
    line_.push_back(cell_of(cell, wide ? 2 : 1));
    if (!wide) continue;
    // ncurses keeps the second half by itself; where the character was replaced it is a blank.
    std::array<wchar_t, CCHARW_MAX + 1> text{};
    attr_t attributes = 0;
    short pair = 0;
    ::getcchar(&line_[before], text.data(), &attributes, &pair, nullptr);
    if (::wcwidth(text[0]) == 2) ++column;
  }
  ::mvadd_wchnstr(row, 0, line_.data(), static_cast<int>(line_.size()));
}

/// A cell for ncurses. It goes by the C library's idea of width: where that is another, the screen
/// would shift.
cchar_t CursesTerminal::cell_of(const Grid::Cell& cell, int width) {
  auto character = static_cast<wchar_t>(cell.character == 0 ? U' ' : cell.character);
  if (glyphs_ == Glyphs::ascii) {
    character = static_cast<unsigned char>(ascii_of(static_cast<char32_t>(character)));
  } else if (::wcwidth(character) != width) {
    character = L'?';
  }
  const Paint paint = painter_->paint(cell.style);
  attr_t attributes = A_NORMAL;
  if (paint.bold) attributes |= A_BOLD;
  if (paint.dim) attributes |= A_DIM;
  if (paint.underline) attributes |= A_UNDERLINE;
  if (paint.reverse) attributes |= A_REVERSE;
  int pair = pair_of(paint);
  const std::array<wchar_t, 2> text = {character, L'\0'};
  cchar_t out{};
  ::setcchar(&out, text.data(), attributes, static_cast<short>(std::min(pair, 255)), &pair);
  return out;
}

int CursesTerminal::pair_of(const Paint& paint) {
  if (paint.foreground < 0 && paint.background < 0) return 0;
  const int64_t key = (static_cast<int64_t>(paint.foreground) << 32) + paint.background;
  const auto known = pairs_.find(key);
  if (known != pairs_.end()) return known->second;
  for (const auto& [number, colour] : painter_->take_exact()) {
    // Rounded up: ncurses rounds down on the way back.
    const auto thousandths = [](int channel) { return (channel * 1000 + 254) / 255; };
    ::init_extended_color(number, thousandths(colour.red), thousandths(colour.green),
                          thousandths(colour.blue));
  }
  const int pair = static_cast<int>(pairs_.size()) + 1;
  if (pair >= std::min(COLOR_PAIRS, kMostPairs)) return 0;
  if (::init_extended_pair(pair, paint.foreground, paint.background) == ERR) return 0;
  pairs_.emplace(key, pair);
  return pair;
}

Input CursesTerminal::wait(int timeout_ms, int wake_fd) {
  const int64_t end = now_ms() + std::max(timeout_ms, 0);
  for (bool woken = false;;) {
    if (const auto input = typed()) return *input;
    Input input;
    input.kind = lost_ ? Input::Kind::lost : Input::Kind::nothing;
    const bool over = timeout_ms >= 0 && now_ms() >= end;
    if (lost_ || woken) return input;
    int64_t left = timeout_ms < 0 ? -1 : std::max<int64_t>(end - now_ms(), 0);
    if (decoder_.pending()) {
      const int64_t escape = std::max<int64_t>(read_ms_ + kEscapeMs - now_ms(), 0);
      left = left < 0 ? escape : std::min(left, escape);
    }
    const bool any = poll_all(static_cast<int>(left), wake_fd, woken);
    if (const auto signal = signalled()) return *signal;
    // Not before the poll: the rest may have come while the caller was drawing.
    if (decoder_.pending() && now_ms() >= read_ms_ + kEscapeMs) decoder_.flush();
    if (over && !any) return input;
  }
}

/// Waits, and reads what was typed. True when something happened.
bool CursesTerminal::poll_all(int timeout_ms, int wake_fd, bool& woken) {
  std::array<pollfd, 3> files = {
      {{tty_.in(), POLLIN, 0}, {signals_.fd(), POLLIN, 0}, {wake_fd, POLLIN, 0}}};
  const int ready = ::poll(files.data(), files.size(), timeout_ms);
  if (ready <= 0) return false;
  if ((files[0].revents & POLLIN) != 0) {
    read_input();
  } else if ((files[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) {
    lost_ = true;
  }
  woken = files[2].revents != 0;
  return true;
}

void CursesTerminal::read_input() {
  std::array<char, 4096> bytes{};
  const ssize_t size = ::read(tty_.in(), bytes.data(), bytes.size());
  if (size > 0) {
    read_ms_ = now_ms();
    decoder_.feed({bytes.data(), static_cast<size_t>(size)}, read_ms_);
  } else if (size == 0 || (errno != EINTR && errno != EAGAIN)) {
    lost_ = true;
  }
}

std::optional<Input> CursesTerminal::typed() {
  Input input;
  const bool any = decoder_.next(input);
  if (const auto ground = decoder_.take_ground(); ground && *ground != ground_) {
    ground_ = *ground;
    use_colours();
    if (!any) {
      input.kind = Input::Kind::resize;  // everything is to be drawn anew
      return input;
    }
  }
  if (!any) return std::nullopt;
  const bool stop = input.kind == Input::Kind::key && input.key == Key::character &&
                    input.control && !input.alt && input.character == U'z';
  if (!stop || !signals_.can_stop()) return input;
  leave();
  signals_.stop_program(true);
  enter();
  input = {};
  input.kind = Input::Kind::resize;
  return input;
}

std::optional<Input> CursesTerminal::signalled() {
  const SignalPipe::Arrived arrived = signals_.take();
  if (!arrived.any()) return std::nullopt;
  Input input;
  if (arrived.hung_up) {
    lost_ = true;
    input.kind = Input::Kind::lost;
    return input;
  }
  if (arrived.stop || arrived.continued) {
    leave();
    if (arrived.stop) signals_.stop_program(false);
    enter();
  } else {
    take_size();
  }
  input.kind = Input::Kind::resize;
  return input;
}

void CursesTerminal::redraw() {
  ::clearok(::curscr, TRUE);
  shown_.reset();
}

void CursesTerminal::bell() {
  if (!lost_) ::beep();
}

void CursesTerminal::copy(const std::string& text) {
  if (!lost_ && description_.reports) tty_.write(clipboard_sequence(text));
}

void CursesTerminal::run_shell(const std::string& command) {
  if (lost_) return;
  leave();
  const auto status = tty_.run(command);
  std::string note = "\r\n";
  if (!status) {
    note += report::printable(to_string(status.error())) + "\r\n";
  } else if (WIFEXITED(*status) && WEXITSTATUS(*status) != 0) {
    note += "exit status " + std::to_string(WEXITSTATUS(*status)) + "\r\n";
  } else if (WIFSIGNALED(*status)) {
    note += "ended by signal " + std::to_string(WTERMSIG(*status)) + "\r\n";
  }
  tty_.write(note + "press a key to go back");
  lost_ = !tty_.wait_for_key() && !tty_.is_let_go();
  tty_.write("\r\n");  // for what the next command writes
  enter();
}

}  // namespace

Result<std::unique_ptr<Terminal>> Terminal::open(const Options& options, const Theme& theme) {
  auto tty = Tty::open();
  if (!tty) return fail(tty.error());
  auto description = describe_terminal(environment("TERM"), tty->out());
  if (!description) return fail(description.error());
  auto terminal =
      std::make_unique<CursesTerminal>(std::move(*tty), std::move(*description), options, theme);
  if (const auto started = terminal->start(); !started) return fail(started.error());
  return terminal;
}

}  // namespace weir::tui
