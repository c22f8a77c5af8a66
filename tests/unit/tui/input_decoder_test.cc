#include "report/tui/input_decoder.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "report/tui/unicode.h"

namespace weir::tui {
namespace {

std::string words(const Input& input) {
  std::string text;
  if (input.kind == Input::Kind::mouse) {
    text = "mouse" + std::to_string(static_cast<int>(input.mouse)) + "@" +
           std::to_string(input.row) + "," + std::to_string(input.column);
  } else if (input.key == Key::character) {
    append_utf8(text, input.character);
  } else {
    text = "key" + std::to_string(static_cast<int>(input.key));
  }
  if (input.control) text += "+c";
  if (input.alt) text += "+a";
  return text + " ";
}

std::string key(Key key) {
  return "key" + std::to_string(static_cast<int>(key)) + " ";
}

std::string all(InputDecoder& decoder) {
  std::string out;
  Input input;
  while (decoder.next(input)) out += words(input);
  return out;
}

/// All bytes at once, and then nothing more.
std::string typed(std::string_view bytes) {
  InputDecoder decoder;
  decoder.feed(bytes, 1000);
  std::string out = all(decoder);
  decoder.flush();
  out += all(decoder);
  EXPECT_FALSE(decoder.pending());
  return out;
}

TEST(Input, Characters) {
  EXPECT_EQ(typed("a Z~"), "a   Z ~ ");
  EXPECT_EQ(typed("\u00e9\u4e2d\U0001f600"), "\u00e9 \u4e2d \U0001f600 ");
  EXPECT_EQ(typed("\x01\x03\x1a\x1c\x1f"), "a+c c+c z+c \\+c _+c ");
  EXPECT_EQ(typed(std::string_view("\0", 1)), " +c ");
  EXPECT_EQ(typed("\r\n\t\x7f\b"), key(Key::enter) + key(Key::enter) + key(Key::tab) +
                                       key(Key::backspace) + key(Key::backspace));
}

TEST(Input, WhatIsNoCharacterIsLeftOut) {
  EXPECT_EQ(typed("a\xff"
                  "b\xc0\xaf"
                  "c\xed\xa0\x80"
                  "d"),
            "a b c d ");
  EXPECT_EQ(typed("a\u009b"
                  "b"),
            "a b ");
  EXPECT_EQ(typed("a\xe4\xb8"), "a ");
}

TEST(Input, ACharacterMayComeInPieces) {
  InputDecoder decoder;
  for (const char* piece : {"\xf0", "\x9f", "\x98"}) {
    decoder.feed(piece, 1);
    EXPECT_EQ(all(decoder), "");
    EXPECT_TRUE(decoder.pending());
  }
  decoder.feed("\x80x", 1);
  EXPECT_EQ(all(decoder), "\U0001f600 x ");
}

TEST(Input, EscapeIsAKeyOnceNothingFollows) {
  InputDecoder decoder;
  decoder.feed("\x1b", 1);
  EXPECT_EQ(all(decoder), "");
  EXPECT_TRUE(decoder.pending());
  decoder.flush();
  EXPECT_EQ(all(decoder), key(Key::escape));
  EXPECT_FALSE(decoder.pending());
  EXPECT_EQ(typed("\x1b\x1b\x1b"), key(Key::escape) + key(Key::escape) + key(Key::escape));
}

TEST(Input, AltIsAnEscapeBeforeIt) {
  EXPECT_EQ(typed("\x1bx\x1b\u00e9"), "x+a \u00e9+a ");
  EXPECT_EQ(typed("\x1b\x04"), "d+c+a ");
  EXPECT_EQ(typed("\x1b["), "[+a ");
  EXPECT_EQ(typed("\x1bO"), "O+a ");
  EXPECT_EQ(typed("\x1b]"), "]+a ");
  EXPECT_EQ(typed("\x1b\r"), "key2+a ");
}

TEST(Input, KeysOfManyTerminals) {
  EXPECT_EQ(typed("\x1b[A\x1bOA"), key(Key::up) + key(Key::up));
  EXPECT_EQ(typed("\x1b[H\x1b[1~\x1b[7~\x1bOH"),
            key(Key::home) + key(Key::home) + key(Key::home) + key(Key::home));
  EXPECT_EQ(typed("\x1b[F\x1b[4~\x1b[8~"), key(Key::end) + key(Key::end) + key(Key::end));
  EXPECT_EQ(typed("\x1b[2~\x1b[3~\x1b[5~\x1b[6~"),
            key(Key::insert) + key(Key::del) + key(Key::page_up) + key(Key::page_down));
  EXPECT_EQ(typed("\x1b[Z\x1bOM"), key(Key::back_tab) + key(Key::enter));
  EXPECT_EQ(typed("\x1bOP\x1b[11~\x1b[[A"), key(Key::f1) + key(Key::f1) + key(Key::f1));
  EXPECT_EQ(
      typed("\x1b[[E\x1b[15~\x1b[17~\x1b[21~\x1b[23~\x1b[24~"),
      key(Key::f5) + key(Key::f5) + key(Key::f6) + key(Key::f10) + key(Key::f11) + key(Key::f12));
}

TEST(Input, ModifiersOfXterm) {
  EXPECT_EQ(typed("\x1b[1;5C"), "key12+c ");
  EXPECT_EQ(typed("\x1b[1;3A"), "key9+a ");
  EXPECT_EQ(typed("\x1b[3;7~"), "key7+c+a ");
  EXPECT_EQ(typed("\x1b[1;2D"), "key11 ");
  EXPECT_EQ(typed("\x1b[1;99D\x1b[1;99999999999999D"), "key11 key11 ");
}

TEST(Input, AnswersAndUnknownSequencesAreNotTyped) {
  EXPECT_EQ(typed("\x1b[?62;22c"
                  "a"),
            "a ");
  EXPECT_EQ(typed("\x1b[I\x1b[O"
                  "a"),
            "a ");
  EXPECT_EQ(typed("\x1b]11;rgb:0/0/0\a"
                  "a"),
            "a ");
  EXPECT_EQ(typed("\x1bP>|term\x1b\\"
                  "a"),
            "a ");
  EXPECT_EQ(typed("\x1b[12;"
                  "\r"),
            key(Key::enter));  // broken: what broke it counts
  EXPECT_EQ(typed("\x1b[12;"), "");
  EXPECT_EQ(typed("\x1b[" + std::string(500, '1')).size(), 2U * (500 - 62));
  EXPECT_EQ(typed("\x1b]" + std::string(4094, 'x') + "a"), "a ");
}

TEST(Input, SequencesMayComeByteByByte) {
  InputDecoder decoder;
  std::string out;
  for (const char byte : std::string("\x1b[1;5C\x1b[<0;300;20Mx")) {
    decoder.feed({&byte, 1}, 1);
    out += all(decoder);
  }
  EXPECT_EQ(out, "key12+c mouse0@19,299 x ");
}

TEST(Input, MouseReports) {
  EXPECT_EQ(typed("\x1b[<0;1;1M\x1b[<0;1;1m"), "mouse0@0,0 ");
  EXPECT_EQ(typed("\x1b[<1;9;8M\x1b[<2;9;8M\x1b[<64;9;8M\x1b[<65;9;8M"),
            "mouse1@7,8 mouse2@7,8 mouse3@7,8 mouse4@7,8 ");
  EXPECT_EQ(typed("\x1b[<16;9;8M\x1b[<10;9;8M"), "mouse0@7,8+c mouse2@7,8+a ");
  EXPECT_EQ(typed("\x1b[M !!\x1b[M#!!\x1b[M`!!"), "mouse0@0,0 mouse3@0,0 ");
  // Unknown buttons, cells that are none.
  EXPECT_EQ(typed("\x1b[<66;9;8M\x1b[<128;9;8M\x1b[<98;9;8M"), "");
  EXPECT_EQ(typed("\x1b[<0;0;1M\x1b[<0;1M\x1b[<M\x1b[<0;-1;1M\x1b[<0;99999;1M"), "");
}

TEST(Input, TwoClicksAreADoubleClickWhenTheyAreCloseInTimeAndPlace) {
  const auto clicks = [](int64_t pause_ms, const char* second) {
    InputDecoder decoder;
    decoder.feed("\x1b[<0;5;5M\x1b[<0;5;5m", 10'000);
    std::string out = all(decoder);
    decoder.feed(second, 10'000 + pause_ms);
    out += all(decoder);
    return out;
  };
  EXPECT_EQ(clicks(400, "\x1b[<0;5;5M"), "mouse0@4,4 mouse5@4,4 ");
  EXPECT_EQ(clicks(401, "\x1b[<0;5;5M"), "mouse0@4,4 mouse0@4,4 ");
  EXPECT_EQ(clicks(10, "\x1b[<0;6;5M"), "mouse0@4,4 mouse0@4,5 ");
  EXPECT_EQ(clicks(10, "\x1b[<2;5;5M\x1b[<0;5;5M"), "mouse0@4,4 mouse2@4,4 mouse0@4,4 ");
  EXPECT_EQ(clicks(10, "\x1b[<0;5;5M\x1b[<0;5;5M"), "mouse0@4,4 mouse5@4,4 mouse0@4,4 ");
}

TEST(Input, PasteIsLeftOutUnlessTextIsAskedFor) {
  EXPECT_EQ(typed("a\x1b[200~q\x1b[A\rz\x1b[201~b"), "a b ");
  InputDecoder decoder;
  decoder.accept_paste(true);
  decoder.feed("\x1b[200~ho\x03\rst\x1b[A\t\u00e9\x1b[201~\r", 1);
  EXPECT_EQ(all(decoder), "h o   s t [ A   \u00e9 " + key(Key::enter));
}

TEST(Input, APasteWithoutEndDoesNotEatTheKeys) {
  InputDecoder decoder;
  decoder.feed("\x1b[200~abc", 1000);
  EXPECT_EQ(all(decoder), "");
  decoder.feed("def", 1900);
  EXPECT_EQ(all(decoder), "");
  decoder.feed("q", 3000);
  EXPECT_EQ(all(decoder), "q ");
}

TEST(InputDecoder, AMouseThatMovesSaysWhere) {
  EXPECT_EQ(typed("\x1b[<35;9;8M"), "mouse6@7,8 ");
  EXPECT_EQ(typed("\x1b[<32;9;8M"), "mouse6@7,8 ") << "a button is held";
  EXPECT_EQ(typed("\x1b[MC!!"), "mouse6@0,0 ") << "the old protocol";
  EXPECT_EQ(typed("\x1b[<35;0;8M\x1b[<35;99999;8M"), "");
}

TEST(InputDecoder, ADoubleClickMayHaveMovesInBetween) {
  EXPECT_EQ(typed("\x1b[<0;5;5M\x1b[<0;5;5m\x1b[<35;5;5M\x1b[<0;5;5M"),
            "mouse0@4,4 mouse6@4,4 mouse5@4,4 ");
}

TEST(InputDecoder, TakesTheTerminalsBackground) {
  const auto ground = [](std::string_view bytes) {
    InputDecoder decoder;
    decoder.feed(bytes, 0);
    Input input;
    EXPECT_FALSE(decoder.next(input));
    return decoder.take_ground();
  };
  EXPECT_EQ(ground("\x1b]11;rgb:fdfd/f6f6/e3e3\x1b\\"),
            (Colour{Colour::Kind::rgb, 0xfd, 0xf6, 0xe3}));
  EXPECT_EQ(ground("\x1b]11;rgb:00/80/ff\a"), (Colour{Colour::Kind::rgb, 0, 0x80, 0xff}));
  EXPECT_EQ(ground("\x1b]11;rgb:f/0/f\a"), (Colour{Colour::Kind::rgb, 0xff, 0, 0xff}));
  for (const char* bad :
       {"\x1b]11;rgb:fdfd/f6f6\a", "\x1b]11;rgb:00/80/ff/00\a", "\x1b]11;rgb:00//ff\a",
        "\x1b]11;rgb:12345/0/0\a", "\x1b]11;rgb:-1/0/0\a", "\x1b]11;#ffffff\a",
        "\x1b]10;rgb:0/0/0\a", "\x1b]11;rgb:\a", "\x1b]11;rgb:0/0/zz\a"}) {
    EXPECT_FALSE(ground(bad).has_value()) << bad;
  }
}

}  // namespace
}  // namespace weir::tui
