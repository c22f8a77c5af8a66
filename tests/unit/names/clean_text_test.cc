#include "report/names/clean_text.h"

#include <gtest/gtest.h>

namespace weir::report {
namespace {

TEST(CleanHostName, KeepsWhatHostNamesAreMadeOf) {
  EXPECT_EQ(clean_host_name("Host-1_a.example.com"), "Host-1_a.example.com");
  EXPECT_EQ(clean_host_name("xn--bcher-kva.example."), "xn--bcher-kva.example");
}

TEST(CleanHostName, ReplacesEverythingElse) {
  EXPECT_EQ(clean_host_name("a\x1b[31mred"), "a??31mred");
  EXPECT_EQ(clean_host_name("a b\nc\td"), "a?b?c?d");
  EXPECT_EQ(clean_host_name("b\xc3\xbc.example"), "b??.example");
  EXPECT_EQ(clean_host_name(std::string_view("a\0b", 3)), "a?b");
  EXPECT_EQ(clean_host_name("\x9b"
                            "1m"),
            "?1m");
}

TEST(CleanHostName, RefusesWhatIsNoUse) {
  EXPECT_EQ(clean_host_name(""), "");
  EXPECT_EQ(clean_host_name("."), "");
  EXPECT_EQ(clean_host_name(std::string(254, 'a')), "");
  EXPECT_EQ(clean_host_name(std::string(253, 'a')).size(), 253U);
}

TEST(CleanHostName, RefusesWhatPassesForAnotherAddress) {
  EXPECT_EQ(clean_host_name("10.0.0.1"), "");
  EXPECT_EQ(clean_host_name("1.2"), "");
  EXPECT_EQ(clean_host_name("10.0.0.1.example"), "10.0.0.1.example");
}

TEST(CleanServiceName, TakesOrRefusesWhole) {
  EXPECT_EQ(clean_service_name("http-alt"), "http-alt");
  EXPECT_EQ(clean_service_name("z39.50"), "z39.50");
  EXPECT_EQ(clean_service_name("a b"), "");
  EXPECT_EQ(clean_service_name("a\x1b[m"), "");
  EXPECT_EQ(clean_service_name("443"), "");
  EXPECT_EQ(clean_service_name(""), "");
  EXPECT_EQ(clean_service_name(std::string(33, 'a')), "");
}

TEST(CleanText, KeepsUtf8) {
  EXPECT_EQ(clean_text("Telef\xc3\xb3nica \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8c\x90", 64),
            "Telef\xc3\xb3nica \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x8c\x90");
}

TEST(CleanText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(clean_text("\xff\xc0\x80\xe0\x80\x80", 64), "??????");  // overlong is not UTF-8
  EXPECT_EQ(clean_text("\xed\xa0\x80", 64), "???");                 // a surrogate
  EXPECT_EQ(clean_text("\xf4\x90\x80\x80", 64), "????");            // beyond U+10FFFF
  EXPECT_EQ(clean_text("a\xe6\x97", 64), "a??");                    // cut
}

TEST(CleanText, ReplacesWhatDrivesTerminalsOrDeceivesReaders) {
  EXPECT_EQ(clean_text("a\x1b]0;x\x07"
                       "b\x7f",
                       64),
            "a?]0;x?b?");
  EXPECT_EQ(clean_text("\xc2\x9b"
                       "1m",
                       64),
            "?1m");  // C1: CSI
  EXPECT_EQ(clean_text("a\xe2\x80\xae"
                       "b",
                       64),
            "a?b");  // right-to-left override
  EXPECT_EQ(clean_text("a\xe2\x80\x8b"
                       "b",
                       64),
            "a?b");  // zero width
}

TEST(CleanText, CutsBetweenCharacters) {
  EXPECT_EQ(clean_text("ab\xc3\xb3", 3), "ab");
  EXPECT_EQ(clean_text("ab\xc3\xb3", 4), "ab\xc3\xb3");
  EXPECT_EQ(clean_text("abc", 0), "");
}

}  // namespace
}  // namespace weir::report
