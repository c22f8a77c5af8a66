#include "report/tui/input_decoder.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

constexpr char kEscape = '\x1b';
constexpr char kBell = '\a';
constexpr size_t kLongestSequence = 64;
constexpr size_t kLongestString = 4096;  // answers of a terminal, which nobody asked for
constexpr int64_t kDoubleClickMs = 400;
constexpr int64_t kPasteIdleMs = 1000;  // a paste whose end got lost must not eat the keys
constexpr int kLastCell = 9999;
constexpr std::string_view kPasteEnd = "\x1b[201~";

struct Named {
  int code;
  Key key;
};

// CSI number ~, of xterm, rxvt and the Linux console.
constexpr Named kByNumber[] = {
    {1, Key::home},      {2, Key::insert}, {3, Key::del},  {4, Key::end},  {5, Key::page_up},
    {6, Key::page_down}, {7, Key::home},   {8, Key::end},  {11, Key::f1},  {12, Key::f2},
    {13, Key::f3},       {14, Key::f4},    {15, Key::f5},  {17, Key::f6},  {18, Key::f7},
    {19, Key::f8},       {20, Key::f9},    {21, Key::f10}, {23, Key::f11}, {24, Key::f12}};

// CSI letter and SS3 letter.
constexpr Named kByLetter[] = {{'A', Key::up},   {'B', Key::down},     {'C', Key::right},
                               {'D', Key::left}, {'H', Key::home},     {'F', Key::end},
                               {'P', Key::f1},   {'Q', Key::f2},       {'R', Key::f3},
                               {'S', Key::f4},   {'Z', Key::back_tab}, {'M', Key::enter}};

template <size_t N>
Key find_key(const Named (&table)[N], int code) {
  const auto* const entry = std::find_if(std::begin(table), std::end(table),
                                         [code](auto& each) { return each.code == code; });
  return entry == std::end(table) ? Key::none : entry->key;
}

/// Up to three numbers of "1;5" or "<0;12;3"; what is missing or too large is -1.
std::array<int, 3> numbers_of(std::string_view text) {
  std::array<int, 3> numbers = {-1, -1, -1};
  for (int& number : numbers) {
    const size_t end = std::min(text.find(';'), text.size());
    const char* const first = text.begin();
    const auto [stopped, error] = std::from_chars(first, first + end, number);
    if (error != std::errc{} || stopped != first + end) number = -1;
    if (end == text.size()) break;
    text.remove_prefix(end + 1);
  }
  return numbers;
}

void set_key(Input& input, Key key) {
  input.kind = Input::Kind::key;
  input.key = key;
}

void set_character(Input& input, char32_t character, bool control = false) {
  set_key(input, Key::character);
  input.character = character;
  input.control = control;
}

/// Control characters as the keys that send them.
void set_control(Input& input, char byte) {
  switch (byte) {
    case '\t': return set_key(input, Key::tab);
    case '\r':
    case '\n': return set_key(input, Key::enter);
    case '\b':
    case '\x7f': return set_key(input, Key::backspace);
    case '\0': return set_character(input, U' ', true);
    default: break;
  }
  const auto code = static_cast<char32_t>(byte);
  set_character(input, code <= 26 ? code + U'a' - 1 : code + U'@', true);
}

}  // namespace

std::string_view InputDecoder::rest() const noexcept {
  return std::string_view(bytes_).substr(position_);
}

void InputDecoder::feed(std::string_view bytes, int64_t now_ms) {
  if (in_paste_ && now_ms - fed_ms_ > kPasteIdleMs) in_paste_ = false;
  bytes_.erase(0, position_);
  position_ = 0;
  bytes_.append(bytes);
  fed_ms_ = now_ms;
  ended_ = false;
}

void InputDecoder::flush() {
  ended_ = true;
}

bool InputDecoder::next(Input& input) {
  while (position_ < bytes_.size()) {
    input = {};
    const Step done = in_paste_ ? pasted(input) : step(input);
    if (done == Step::taken) return true;
    if (done == Step::incomplete) {
      if (!ended_) return false;
      position_ = bytes_.size();
    }
  }
  return false;
}

InputDecoder::Step InputDecoder::step(Input& input) {
  return rest().front() == kEscape ? escape(input) : typed(input);
}

InputDecoder::Step InputDecoder::typed(Input& input) {
  std::string_view text = rest();
  const auto byte = static_cast<uint8_t>(text.front());
  if (byte < 0x20 || byte == 0x7f) {
    set_control(input, text.front());
    ++position_;
    return Step::taken;
  }
  const char32_t character = take_code_point(text);
  // A cut sequence at the end of what was read may go on with the next bytes.
  if (character == kNotUtf8 && text.empty() && byte >= 0xc2 && !ended_) return Step::incomplete;
  position_ = bytes_.size() - text.size();
  const bool control = character >= 0x80 && character < 0xa0;
  if (character == kNotUtf8 || control) return Step::skipped;
  set_character(input, character);
  return Step::taken;
}

InputDecoder::Step InputDecoder::escape(Input& input) {
  if (rest().size() == 1) {
    if (!ended_) return Step::incomplete;
    ++position_;
    set_key(input, Key::escape);
    return Step::taken;
  }
  switch (rest()[1]) {
    case '[': return control_sequence(input);
    case 'O': return single_shift(input);
    case ']':
    case 'P':
    case '_':
    case '^': {
      // Alone they are keys held with Alt.
      if (rest().size() > 2) return string_sequence();
      return ended_ ? after_escape(input) : Step::incomplete;
    }
    case kEscape:
      ++position_;
      set_key(input, Key::escape);
      return Step::taken;
    default: return after_escape(input);
  }
}

/// Escape and a character: the key was held with Alt.
InputDecoder::Step InputDecoder::after_escape(Input& input) {
  ++position_;
  const Step done = typed(input);
  if (done == Step::incomplete) --position_;
  if (done == Step::taken) input.alt = true;
  return done;
}

InputDecoder::Step InputDecoder::control_sequence(Input& input) {
  const std::string_view text = rest();
  if (text.size() == 2) return ended_ ? after_escape(input) : Step::incomplete;
  if (text[2] == '[') {  // Linux console: F1 to F5 are ESC [ [ A to E
    if (text.size() == 3) return Step::incomplete;
    position_ += 4;
    if (text[3] < 'A' || text[3] > 'E') return Step::skipped;
    set_key(input, static_cast<Key>(static_cast<int>(Key::f1) + text[3] - 'A'));
    return Step::taken;
  }
  if (text[2] == 'M') return old_mouse(input);
  const size_t limit = std::min(text.size(), kLongestSequence);
  size_t end = 2;
  while (end < limit && text[end] >= 0x20 && text[end] <= 0x3f) ++end;
  if (end == text.size() && end < kLongestSequence) return Step::incomplete;
  if (end == limit || text[end] < 0x40 || text[end] > 0x7e) {
    position_ += end;  // no sequence: what broke it is read anew
    return Step::skipped;
  }
  position_ += end + 1;
  return key_sequence(input, text.substr(2, end - 2), text[end]);
}

InputDecoder::Step InputDecoder::key_sequence(Input& input, std::string_view parameters,
                                              char final) {
  if (parameters.starts_with('<') && (final == 'M' || final == 'm')) {
    const auto numbers = numbers_of(parameters.substr(1));
    return mouse(input, numbers[0], numbers[1], numbers[2], final == 'm');
  }
  const auto numbers = numbers_of(parameters);
  if (final == '~' && numbers[0] == 200) {
    in_paste_ = true;
    return Step::skipped;
  }
  const Key key = final == '~' ? find_key(kByNumber, numbers[0]) : find_key(kByLetter, final);
  if (key == Key::none) return Step::skipped;
  set_key(input, key);
  if (numbers[1] > 1 && numbers[1] <= 16) {
    const int held = numbers[1] - 1;  // 1 shift, 2 alt, 4 control
    input.alt = (held & 2) != 0;
    input.control = (held & 4) != 0;
  }
  return Step::taken;
}

InputDecoder::Step InputDecoder::single_shift(Input& input) {
  if (rest().size() == 2) return ended_ ? after_escape(input) : Step::incomplete;
  const Key key = find_key(kByLetter, rest()[2]);
  if (key == Key::none) return after_escape(input);
  position_ += 3;
  set_key(input, key);
  return Step::taken;
}

/// OSC, DCS, PM and APC, up to their end (ECMA-48 section 5.6).
InputDecoder::Step InputDecoder::string_sequence() {
  const std::string_view text = rest();
  const size_t limit = std::min(text.size(), kLongestString);
  for (size_t i = 2; i < limit; ++i) {
    const bool terminator = text[i] == kEscape && i + 1 < limit && text[i + 1] == '\\';
    if (text[i] != kBell && !terminator) continue;
    position_ += i + (terminator ? 2 : 1);
    take_answer(text.substr(2, i - 2));
    return Step::skipped;
  }
  if (text.size() < kLongestString) return Step::incomplete;
  position_ += kLongestString;
  return Step::skipped;
}

/// "11;rgb:1e1e/1e1e/2e2e", one to four digits each (xterm's control sequences, OSC 10 to 19).
void InputDecoder::take_answer(std::string_view answer) {
  constexpr std::string_view kGround = "11;rgb:";
  if (!answer.starts_with(kGround)) return;
  answer.remove_prefix(kGround.size());
  std::array<uint8_t, 3> channels{};
  for (uint8_t& channel : channels) {
    const std::string_view digits = answer.substr(0, answer.find('/'));
    unsigned value = 0;
    const auto [stopped, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
    if (digits.empty() || digits.size() > 4 || error != std::errc{} ||
        stopped != digits.data() + digits.size()) {
      return;
    }
    const unsigned greatest = (1U << 4 * digits.size()) - 1;
    channel = static_cast<uint8_t>((value * 255 + greatest / 2) / greatest);
    answer.remove_prefix(std::min(digits.size() + 1, answer.size()));
  }
  if (!answer.empty()) return;
  ground_ = Colour{Colour::Kind::rgb, channels[0], channels[1], channels[2]};
}

InputDecoder::Step InputDecoder::old_mouse(Input& input) {
  const std::string_view text = rest();
  if (text.size() < 6) return Step::incomplete;
  const auto number = [&text](size_t i) { return static_cast<uint8_t>(text[i]) - 32; };
  const int code = number(3);
  const int column = number(4);
  const int row = number(5);
  position_ += 6;
  return mouse(input, code, column, row, (code & 3) == 3 && code < 64);
}

InputDecoder::Step InputDecoder::mouse(Input& input, int code, int column, int row, bool released) {
  if (code < 0 || column < 1 || row < 1 || column > kLastCell || row > kLastCell) {
    return Step::skipped;
  }
  const bool moved = (code & 32) != 0 && code < 64;
  if (released && !moved) return Step::skipped;
  input.kind = Input::Kind::mouse;
  input.row = row - 1;
  input.column = column - 1;
  if (moved) {
    input.mouse = Mouse::moved;  // between two clicks too: the second one says where it is
    return Step::taken;
  }
  input.alt = (code & 8) != 0;
  input.control = (code & 16) != 0;
  switch (code & ~28) {
    case 0: input.mouse = Mouse::press_left; break;
    case 1: input.mouse = Mouse::press_middle; break;
    case 2: input.mouse = Mouse::press_right; break;
    case 64: input.mouse = Mouse::wheel_up; break;
    case 65: input.mouse = Mouse::wheel_down; break;
    default: input = {}; return Step::skipped;
  }
  if (input.mouse != Mouse::press_left) {
    click_ms_ = 0;
    return Step::taken;
  }
  const bool again = click_ms_ != 0 && fed_ms_ - click_ms_ <= kDoubleClickMs &&
                     click_row_ == input.row && click_column_ == input.column;
  if (again) input.mouse = Mouse::double_left;
  click_ms_ = again ? 0 : std::max<int64_t>(fed_ms_, 1);
  click_row_ = input.row;
  click_column_ = input.column;
  return Step::taken;
}

InputDecoder::Step InputDecoder::pasted(Input& input) {
  const std::string_view text = rest();
  if (text.starts_with(kPasteEnd)) {
    position_ += kPasteEnd.size();
    in_paste_ = false;
    return Step::skipped;
  }
  if (kPasteEnd.starts_with(text)) return Step::incomplete;
  Step done = Step::skipped;
  if (text.front() == kEscape) {
    ++position_;
  } else {
    done = typed(input);
  }
  if (done != Step::taken) return done;
  if (input.key == Key::enter || input.key == Key::tab) set_character(input, U' ');
  return accepts_paste_ && input.key == Key::character && !input.control ? Step::taken
                                                                         : Step::skipped;
}

}  // namespace weir::tui
