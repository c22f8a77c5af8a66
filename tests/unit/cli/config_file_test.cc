#include "cli/config_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "cli/config_edit.h"
#include "cli/config_save.h"
#include "cli/themes.h"
#include "tests/unit/cli/config_test.h"

namespace weir::cli {
namespace {

using test::error_of;
using test::Home;

std::string repeated(const std::string& part, size_t times) {
  std::string text;
  for (size_t i = 0; i < times; ++i) text += part;
  return text;
}

Status read_error(const std::string& path) {
  const Result<std::string> text = read_config_text(path);
  EXPECT_FALSE(text) << path;
  return text ? Status{} : text.error();
}

TEST(ConfigFile, WhatIsNoFileIsRefusedWithoutWaiting) {
  const Home home;
  EXPECT_EQ(read_error(home.path("missing")).code, Code::not_found);
  EXPECT_EQ(read_error(home.path("missing/below")).code, Code::not_found);
  EXPECT_EQ(read_error(home.path(".")).message, "is a directory, not a configuration file");
  ASSERT_EQ(mkfifo(home.path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(read_error(home.path("fifo")).message, "is not a regular file");
  EXPECT_EQ(read_error("/dev/zero").message, "is not a regular file");
  const std::string large = home.write("large", std::string(kMostConfigBytes + 1, '#'));
  EXPECT_EQ(read_error(large).message, "is larger than 256 KiB: not a configuration file");
  EXPECT_TRUE(read_config_text(home.write("most", std::string(kMostConfigBytes, '#'))));
  EXPECT_EQ(*read_config_text(home.write("zero", std::string("a\0b", 3))), std::string("a\0b", 3));
}

TEST(ConfigFile, ALineOfAMegabyteIsRefused) {
  EXPECT_NE(error_of("[display]\ntheme = \"" + std::string(1 << 20, 'x') + "\"")
                .find("weir.toml:2:9: theme: expected"),
            std::string::npos);
  EXPECT_LT(error_of("[display]\ntheme = \"" + std::string(1 << 20, 'x') + "\"").size(), 200U);
}

TEST(ConfigFile, DeepNestingIsRefusedWithItsPlace) {
  constexpr size_t kMany = 100'000;
  EXPECT_EQ(error_of("\nx" + repeated(".a", kMany) + " = 1"),
            "weir.toml:2:34: nested more than 16 levels deep");
  EXPECT_EQ(error_of("[a" + repeated(".\"a\"", kMany) + "]").substr(0, 12), "weir.toml:1:");
  EXPECT_EQ(error_of("x = " + repeated("[", kMany)),
            "weir.toml:1:21: nested more than 16 levels deep");
  EXPECT_NE(error_of("x = " + repeated("{a=", kMany)).find("nested"), std::string::npos);
  // Strings and comments may have as many as they like.
  EXPECT_TRUE(test::apply("# " + repeated(".[{", 100) + "\n[display]\nfilter = '" +
                          repeated(".[", 100) + "'\n"));
  EXPECT_TRUE(test::apply("[display]\nfilter = \"\"\"\n\\\"" + repeated(".[\"", 100) + "\"\"\"\n"));
}

TEST(ConfigFile, BytesThatAreNoText) {
  EXPECT_NE(error_of("[display]\ntheme = \"\xff\xfe\"").find("weir.toml:2:9: "), std::string::npos);
  EXPECT_NE(error_of(std::string("[display]\n\0", 11)).find("weir.toml:2:"), std::string::npos);
  EXPECT_NE(error_of("[display]\ntheme = \"a\\u0000b\"").find("theme: expected"),
            std::string::npos);
  EXPECT_NE(error_of("\x7f"
                     "ELF\x02")
                .find("weir.toml:1:"),
            std::string::npos);
  EXPECT_TRUE(test::apply("\xef\xbb\xbf[display]\r\ntheme = \"a\"\r\n"));
}

TEST(ConfigFile, QuotedTextReadsBack) {
  for (const std::string text : {"", "a\"b\\c", "tab\tnew\nline", "\x01\x1f\x7f", "\u00e9\u4e2d"}) {
    const Result<ConfigValue> parsed = parse_toml("x = " + toml_quoted(text), "x");
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(parsed->members[0].value.text, text);
  }
  EXPECT_EQ(toml_quoted("a\xff"
                        "b"),
            "\"a?b\"");
  EXPECT_EQ(toml_key("plain-1"), "plain-1");
  EXPECT_EQ(toml_key("two words"), "\"two words\"");
  EXPECT_EQ(toml_key(""), "\"\"");
}

std::string edited(const std::string& text, const std::vector<ConfigChange>& changes) {
  const Result<std::string> result = edit_config(text, changes, "weir.toml");
  return result ? *result : "error: " + to_string(result.error());
}

TEST(ConfigEdit, CommentsAndOrderStay) {
  EXPECT_EQ(edited("# top\n[display]  # mine\ntheme = \"a\"   # nice\nbytes=true\n\n[names]\n",
                   {{"display", "theme", "\"nord\""}, {"display", "bytes", "false"}}),
            "# top\n[display]  # mine\ntheme = \"nord\"   # nice\nbytes=false\n\n[names]\n");
}

TEST(ConfigEdit, NewKeysAndSections) {
  const ConfigChange theme{"display", "theme", "\"nord\""};
  EXPECT_EQ(edited("", {theme}), "[display]\ntheme = \"nord\"\n");
  EXPECT_EQ(edited("[names]\nasn = \"x\"", {theme}),
            "[names]\nasn = \"x\"\n\n[display]\ntheme = \"nord\"\n");
  EXPECT_EQ(edited("[display]\n# none yet\n[names]\n", {theme}),
            "[display]\ntheme = \"nord\"\n# none yet\n[names]\n");
  EXPECT_EQ(edited("[display]\nbytes = true # yes\n\n[names]\n", {theme}),
            "[display]\nbytes = true # yes\ntheme = \"nord\"\n\n[names]\n");
  EXPECT_EQ(edited("[display]\nbytes = true", {theme}),
            "[display]\nbytes = true\ntheme = \"nord\"\n");
}

TEST(ConfigEdit, OtherFormsOfToml) {
  const std::vector<ConfigChange> changes{{"display", "theme", "\"b\""}};
  EXPECT_EQ(edited("display = { theme = 'a', bytes = true }\n", changes),
            "display = { theme = \"b\", bytes = true }\n");
  EXPECT_EQ(edited("display = { bytes = true }\n", changes),
            "display = { theme = \"b\", bytes = true }\n");
  EXPECT_EQ(edited("display = {}\n", changes), "display = { theme = \"b\" }\n");
  EXPECT_EQ(edited("display.theme = \"\"\"a\n# no comment\"\"\" # x\n", changes),
            "display.theme = \"b\" # x\n");
  EXPECT_EQ(edited("display.bytes = true\n", changes),
            "display.bytes = true\ndisplay.theme = \"b\"\n");
  EXPECT_EQ(edited("[display]\n\"\u00fc\" = 1\ntheme = \"\u00fc#\"#\u00fc\n", changes),
            "[display]\n\"\u00fc\" = 1\ntheme = \"b\"#\u00fc\n");
  EXPECT_EQ(edited("[display]\r\ntheme = \"a\"\r\n", changes), "[display]\r\ntheme = \"b\"\r\n");
  EXPECT_EQ(edited("[names]\ndns = [ # one\n '1', ] # x\n", {{"names", "dns", "[\"2\"]"}}),
            "[names]\ndns = [\"2\"] # x\n");
  EXPECT_EQ(edited("x = ", changes).substr(0, 7), "error: ");
}

/// A run that was started with the file, as the program does.
struct Started {
  Config config;
  RunOptions run;
};

Started start(const Home& home) {
  const Result<Config> config = load_config({}, home.environment());
  EXPECT_TRUE(config) << (config ? "" : to_string(config.error()));
  if (!config) return {};
  return {*config, config->options};
}

TEST(ConfigSave, OnlyWhatChangedAndAgain) {
  const Home home;
  const std::string path =
      home.write(".config/weir/weir.toml", "# mine\n[display]\ntheme = \"nord\" # nice\n");
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  Started started = start(home);
  tui::UiOptions now = ui_options(started.run);
  now.theme = "default";
  now.source_ports = false;
  now.refresh_ms = 2000;
  now.in_bytes = true;
  const auto saved = save_config(started.config, started.run, now, home.environment());
  ASSERT_TRUE(saved) << to_string(saved.error());
  EXPECT_EQ(*saved, path);
  EXPECT_EQ(home.read(".config/weir/weir.toml"),
            "# mine\n[display]\ntheme = \"default\" # nice\nports = \"destination-only\"\n"
            "bytes = true\nrefresh = \"2s\"\n");
  struct stat found{};
  ASSERT_EQ(stat(path.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0640U);
  now.theme = "nord";
  ASSERT_TRUE(save_config(started.config, started.run, now, home.environment()));
  EXPECT_NE(home.read(".config/weir/weir.toml").find("theme = \"nord\" # nice"), std::string::npos);
  EXPECT_EQ(start(home).run.ui.theme, "nord");
}

TEST(ConfigSave, WithoutAFileOneIsMade) {
  const Home home;
  Started started = start(home);
  tui::UiOptions now = ui_options(started.run);
  now.log_scale = true;
  ASSERT_TRUE(save_config(started.config, started.run, now, home.environment()));
  EXPECT_EQ(home.read(".config/weir/weir.toml"), "[display]\nlog_scale = true\n");
  now.log_scale = false;
  ASSERT_TRUE(save_config(started.config, started.run, now, home.environment()));
  EXPECT_EQ(home.read(".config/weir/weir.toml"), "[display]\nlog_scale = false\n");
}

TEST(ConfigEdit, SectionsWithinSections) {
  const std::vector<ConfigChange> changes{{"themes.mine", "sent", "\"red\""}};
  EXPECT_EQ(edited("", changes), "[themes.mine]\nsent = \"red\"\n");
  EXPECT_EQ(edited("[themes.other]\nsent = 'blue'\n", changes),
            "[themes.other]\nsent = 'blue'\n\n[themes.mine]\nsent = \"red\"\n");
  EXPECT_EQ(edited("[themes.mine]\nbase = 'nord'\nsent = { fg = '#fff' } # x\n", changes),
            "[themes.mine]\nbase = 'nord'\nsent = \"red\" # x\n");
  EXPECT_EQ(edited("[themes]\nmine = { base = 'nord' }\n", changes),
            "[themes]\nmine = { sent = \"red\", base = 'nord' }\n");
}

TEST(ConfigSave, AnEditedThemeIsANewOneAndThenItself) {
  const Home home;
  Started started = start(home);
  std::vector<tui::Theme> themes = *all_themes(started.run);
  const auto save = [&](const std::string& base, const tui::LookChange& look) {
    return save_theme(started.config, started.run, themes, ui_options(started.run), {base, {look}},
                      home.environment());
  };
  auto saved = save("nord", {"sent", "#ff0000", "default", true});
  ASSERT_TRUE(saved) << to_string(saved.error());
  EXPECT_EQ(saved->name, "my-nord");
  EXPECT_EQ(saved->path, home.path(".config/weir/weir.toml"));
  ASSERT_NE(theme_of(themes, "my-nord"), nullptr);
  saved = save("my-nord", {"dim", "grey", "default", false});
  ASSERT_TRUE(saved) << to_string(saved.error());
  EXPECT_EQ(saved->name, "my-nord");
  saved = save("nord", {"dim", "blue", "default", false});
  ASSERT_TRUE(saved);
  EXPECT_EQ(saved->name, "my-nord-2") << "the first one is another theme";
  const RunOptions again = start(home).run;
  EXPECT_EQ(again.ui.theme, "my-nord-2");
  const auto read = all_themes(again);
  ASSERT_TRUE(read) << to_string(read.error());
  const tui::Theme* mine = theme_of(*read, "my-nord");
  ASSERT_NE(mine, nullptr);
  EXPECT_EQ(tui::to_text(mine->of(tui::Role::sent).foreground), "#ff0000");
  EXPECT_TRUE(mine->of(tui::Role::sent).bold);
  EXPECT_EQ(tui::to_text(mine->of(tui::Role::dim).foreground), "bright-black");
}

TEST(ConfigSave, AThemeThatIsNoneIsRefused) {
  const Home home;
  Started started = start(home);
  std::vector<tui::Theme> themes = *all_themes(started.run);
  for (const tui::ThemeChange& bad :
       {tui::ThemeChange{"nosuch", {}}, tui::ThemeChange{"nord", {{"sent", "rod", "", {}}}},
        tui::ThemeChange{"nord", {{"sends", "red", "", {}}}}}) {
    EXPECT_FALSE(save_theme(started.config, started.run, themes, ui_options(started.run), bad,
                            home.environment()));
  }
  EXPECT_TRUE(started.config.path.empty());
}

TEST(ConfigSave, IftopsSettingsGoAlong) {
  const Home home;
  home.write(".iftoprc", "interface: eth7\nuse-bytes: yes\n");
  Started started = start(home);
  tui::UiOptions now = ui_options(started.run);
  now.theme = "nord";
  ASSERT_TRUE(save_config(started.config, started.run, now, home.environment()));
  EXPECT_EQ(home.read(".iftoprc"), "interface: eth7\nuse-bytes: yes\n");
  const RunOptions again = start(home).run;
  EXPECT_EQ(again.interfaces, (std::vector<std::string>{"eth7"}));
  EXPECT_TRUE(again.in_bytes);
  EXPECT_EQ(again.ui.theme, "nord");
}

TEST(ConfigSave, LinksAreWrittenThroughAndOddFilesRefused) {
  const Home home;
  home.write("dotfiles/weir.toml", "[display]\nbytes = true\n");
  std::filesystem::create_directories(home.path(".config/weir"));
  std::filesystem::create_symlink("../../dotfiles/weir.toml", home.path(".config/weir/weir.toml"));
  ASSERT_TRUE(replace_file(home.path(".config/weir/weir.toml"), "[display]\nbytes = false\n"));
  EXPECT_TRUE(std::filesystem::is_symlink(home.path(".config/weir/weir.toml")));
  EXPECT_EQ(home.read("dotfiles/weir.toml"), "[display]\nbytes = false\n");
  std::filesystem::create_symlink("nowhere", home.path("dangling"));
  EXPECT_FALSE(replace_file(home.path("dangling"), "x"));
  ASSERT_EQ(mkfifo(home.path("fifo").c_str(), 0600), 0);
  EXPECT_FALSE(replace_file(home.path("fifo"), "x"));
  EXPECT_FALSE(replace_file(home.path("dotfiles"), "x"));
  EXPECT_FALSE(replace_file(home.path("missing/weir.toml"), "x"));
  // Nothing is left of what failed.
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(home.path(".")))
    ++files;
  EXPECT_EQ(files, 4U);
}

}  // namespace
}  // namespace weir::cli
