#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "report/processes/package_index.h"
#include "report/processes/publisher_reader.h"
#include "report/processes/publishers.h"
#include "report/processes/tracker.h"
#include "tests/unit/processes/fake_host.h"

namespace weir::processes {
namespace {

namespace fs = std::filesystem;
using State = report::Publisher::State;

// FIPS 180-4: of "abc".
constexpr const char* kSha256OfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// A system with dpkg's files, and a /proc of its processes, removed with the object.
class PublisherTest : public testing::Test {
 protected:
  PublisherTest() {
    std::string name = (fs::temp_directory_path() / "weir-packages-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    fs::create_directories(info());
  }
  ~PublisherTest() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  fs::path root() const { return folder_ / "root"; }
  fs::path info() const { return root() / "var/lib/dpkg/info"; }
  static void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  void package(const std::string& name, const std::string& files) const {
    write(info() / (name + ".list"), files);
  }
  /// As the kernel has it: `shown` is the text of the link, `file` what opens.
  void process(uint32_t pid, const std::string& shown, const std::string& command = "program",
               const std::string& arguments = "") const {
    const fs::path at = folder_ / "proc" / std::to_string(pid);
    write(at / "stat", std::to_string(pid) + " (" + command +
                           ") S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0\n");
    write(at / "cmdline", arguments);
    fs::create_symlink(shown, at / "exe");
    fs::create_symlink(root(), at / "root");
  }
  Ownership owner(const std::string& path) const {
    const int fd = ::open(root().c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    const Ownership found = owner_of_file(fd, path);
    ::close(fd);
    return found;
  }

  fs::path folder_;
  std::atomic<bool> stopping_{false};
  PublisherReader& reader() {
    if (!reader_) {
      reader_ = std::make_unique<PublisherReader>(ProcReader(folder_ / "proc"), stopping_);
    }
    return *reader_;
  }
  std::unique_ptr<PublisherReader> reader_;
};

TEST_F(PublisherTest, DpkgsListsSayWhoseAFileIs) {
  package("curl", "/.\n/usr\n/usr/bin\n/usr/bin/curl\n/usr/bin/curl-config\n");
  package("libc6:amd64", "/lib/libc.so.6");
  EXPECT_EQ(owner("/usr/bin/curl").package, "curl");
  EXPECT_EQ(owner("/lib/libc.so.6").package, "libc6");
  EXPECT_EQ(owner("/usr/bin/cur").state, Ownership::State::not_packaged);
  EXPECT_EQ(owner("/bin/curl").state, Ownership::State::not_packaged);
  EXPECT_EQ(owner("").state, Ownership::State::not_packaged);
  EXPECT_EQ(owner("memfd:x").state, Ownership::State::not_packaged);
}

TEST_F(PublisherTest, AMergedUsrHasTwoNamesForAFile) {
  package("bash", "/bin/bash\n");
  package("mount", "/usr/bin/mount\n");
  EXPECT_EQ(owner("/usr/bin/bash").state, Ownership::State::not_packaged);
  fs::create_directories(root() / "usr/bin");
  fs::create_symlink("usr/bin", root() / "bin");
  EXPECT_EQ(owner("/usr/bin/bash").package, "bash");
  EXPECT_EQ(owner("/bin/mount").package, "mount");
}

TEST_F(PublisherTest, DiversionsAreUndone) {
  package("dash", "/bin/sh\n");
  package("diverter", "/bin/sh\n");
  write(root() / "var/lib/dpkg/diversions",
        "/bin/sh\n/bin/sh.distrib\ndiverter\n/bin/own\n/bin/own.distrib\n:\n");
  package("owned", "/bin/own\n");
  EXPECT_EQ(owner("/bin/sh").package, "diverter");
  EXPECT_EQ(owner("/bin/sh.distrib").package, "dash");
  EXPECT_EQ(owner("/bin/own").state, Ownership::State::not_packaged);
  EXPECT_EQ(owner("/bin/own.distrib").package, "owned");
  write(root() / "var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib");  // cut
  EXPECT_NE(owner("/bin/sh.distrib").state, Ownership::State::not_readable);
}

TEST_F(PublisherTest, WithoutDpkgNothingIsSaid) {
  fs::remove_all(root() / "var");
  fs::create_directories(root() / "var/lib/rpm");
  EXPECT_EQ(owner("/usr/bin/curl").state, Ownership::State::not_readable);
}

TEST_F(PublisherTest, ALinkInAContainerLeadsNowhereElse) {
  write(folder_ / "outside/curl.list", "/usr/bin/curl\n");
  fs::remove_all(info());
  fs::create_symlink(folder_ / "outside", info());
  EXPECT_EQ(owner("/usr/bin/curl").state, Ownership::State::not_readable);
  fs::remove(info());
  fs::create_directories(info());
  ASSERT_EQ(::mkfifo((info() / "pipe.list").c_str(), 0600), 0);
  EXPECT_EQ(owner("/usr/bin/curl").state, Ownership::State::not_packaged);
}

TEST_F(PublisherTest, AnExecutableHasItsPackageAndSha256) {
  const std::string path = (root() / "usr/bin/curl").string();
  write(path, "abc");
  package("curl", "/usr/bin/curl\n");
  process(5, path);
  const report::Publisher found = reader().read(5);
  EXPECT_EQ(found.state, State::known);
  EXPECT_EQ(found.package, "curl");
  EXPECT_EQ(found.path, "/usr/bin/curl");  // as in its own root
  EXPECT_EQ(found.sha256, kSha256OfAbc);
  EXPECT_FALSE(found.deleted);
}

TEST_F(PublisherTest, AnExecutableIsReadOnceUntilItChanges) {
  const std::string path = (root() / "usr/bin/curl").string();
  write(path, "abc");
  for (uint32_t pid = 5; pid < 9; ++pid) process(pid, path);
  for (uint32_t pid = 5; pid < 8; ++pid) EXPECT_EQ(reader().read(pid).sha256, kSha256OfAbc);
  EXPECT_EQ(reader().files_hashed(), 1U);
  write(path, "abcd");
  EXPECT_NE(reader().read(8).sha256, kSha256OfAbc);
  EXPECT_EQ(reader().files_hashed(), 2U);
}

TEST_F(PublisherTest, ADeletedExecutableIsSaidToBe) {
  package("curl", "/usr/bin/curl\n");
  process(5, (root() / "usr/bin/curl").string() + " (deleted)");
  const report::Publisher found = reader().read(5);
  EXPECT_TRUE(found.deleted);
  EXPECT_EQ(found.package, "curl");
  EXPECT_EQ(found.sha256, "");
}

TEST_F(PublisherTest, AProcessThatIsGoneOrANameThatDrivesATerminal) {
  EXPECT_EQ(reader().read(99).state, State::gone);
  process(5, "/tmp/\x1b[31mx" + std::string(3000, 'y'));
  const report::Publisher found = reader().read(5);
  EXPECT_EQ(found.state, State::not_packaged);
  EXPECT_EQ(found.path.substr(0, 10), "/tmp/?[31m");
  EXPECT_LE(found.path.size(), kMaxCommandLineBytes);
}

TEST_F(PublisherTest, AScriptIsToldBesideItsInterpreter) {
  using namespace std::string_literals;
  const std::string path = (root() / "usr/bin/python3.11").string();
  write(path, "abc");
  package("python3.11-minimal", "/usr/bin/python3.11\n");
  package("upgrades", "/usr/bin/unattended-upgrade\n");
  process(5, path, "unattended-upgr", "/usr/bin/python3\0/usr/bin/unattended-upgrade\0-d\0"s);
  const report::Publisher found = reader().read(5);
  EXPECT_EQ(found.package, "python3.11-minimal");
  EXPECT_EQ(found.script, "/usr/bin/unattended-upgrade");
  EXPECT_EQ(found.script_package, "upgrades");
}

TEST(ScriptOf, OnlyWhatTheNameAndTheArgumentsAgreeIn) {
  using namespace std::string_view_literals;
  EXPECT_EQ(script_of("tool", "/usr/bin/perl", "/usr/bin/perl\0-w\0/opt/tool\0"sv), "/opt/tool");
  EXPECT_EQ(script_of("python3.11", "/usr/bin/python3.11", "python3\0/opt/tool\0"sv), "");
  EXPECT_EQ(script_of("tool", "/usr/bin/perl", "/usr/bin/perl\0tool\0"sv), "");
  EXPECT_EQ(script_of("tool", "/usr/bin/perl", "a\0b\0c\0/opt/tool\0"sv), "");
  EXPECT_EQ(script_of("tool", "/usr/bin/perl", ""sv), "");
  EXPECT_EQ(script_of("", "/usr/bin/perl", "perl\0/\0"sv), "");
}

TEST(Publishers, AnotherUsersProcessNeedsRights) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs to be root, to become another user";
  std::atomic<bool> stopping{false};
  PublisherReader reader(ProcReader(), stopping);
  ASSERT_EQ(::seteuid(65534), 0);
  const report::Publisher found = reader.read(1);
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(found.state, State::refused);
}

TEST(Publishers, FindsThisProcessWithoutAnybodyWaiting) {
  const auto publishers = make_publishers();
  const auto stat = parse_stat(read_text("/proc/self/stat", 4096));
  ASSERT_TRUE(stat);
  const auto self = static_cast<uint32_t>(::getpid());
  ASSERT_TRUE(publishers->want({self, stat->start_time}));
  ASSERT_TRUE(publishers->want({self, stat->start_time + 1}));  // another one of that pid
  std::vector<std::pair<ProcessIdentity, std::shared_ptr<const report::Publisher>>> found;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (found.size() < 2 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    publishers->take(found);
  }
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].second->path, fs::read_symlink("/proc/self/exe").string());
  EXPECT_EQ(found[0].second->sha256.size(), 64U);
  EXPECT_NE(found[0].second->state, State::known);  // no package has a test's build
  EXPECT_EQ(found[1].second->state, State::gone);
}

/// Answers what a test puts there.
class FakePublishers final : public Publishers {
 public:
  bool want(const ProcessIdentity& process) override {
    if (full) return false;
    wanted.push_back(process);
    return true;
  }
  void take(std::vector<std::pair<ProcessIdentity, std::shared_ptr<const report::Publisher>>>& out)
      override {
    out.swap(found);
  }
  void find(const ProcessIdentity& process, State state, const std::string& package) {
    report::Publisher publisher;
    publisher.state = state;
    publisher.package = package;
    found.emplace_back(process, std::make_shared<const report::Publisher>(publisher));
  }
  bool full = false;
  std::vector<ProcessIdentity> wanted;
  std::vector<std::pair<ProcessIdentity, std::shared_ptr<const report::Publisher>>> found;
};

class PublishersOfProcesses : public testing::Test {
 protected:
  PublishersOfProcesses() {
    host_.add_address(FakeHost::kOwn, "10.0.0.1");
    for (const uint32_t pid : {50U, 60U}) {
      host_.processes[pid].fds = {{3, pid}};
      host_.processes[pid].command_line = std::string("curl\0-H\0a b\0\x1b[1m", 16);
      host_.nets[FakeHost::kOwn].sockets.push_back(
          socket_record(kTcp, "10.0.0.1", static_cast<uint16_t>(pid), pid, "192.0.2.1", 443));
    }
  }
  void poll() {
    host_.now += 2'000'000'000;
    tracker_.poll(1'000'000'000'000);
  }
  const report::Process& process(uint16_t port) {
    const Flow flow(kTcp, "10.0.0.1", port, "192.0.2.1", 443);
    const auto owners = tracker_.table()->owners_of(flow.key);
    const auto* found = tracker_.table()->process(owners[flow.here_is_low ? 0 : 1]);
    if (found == nullptr) throw std::runtime_error("no process");
    return *found;
  }
  FakeHost host_;
  FakePublishers publishers_;
  Tracker tracker_{host_, 42, &publishers_};
};

TEST_F(PublishersOfProcesses, AreAskedForOnceAndShared) {
  poll();
  poll();
  EXPECT_EQ(publishers_.wanted.size(), 2U);
  EXPECT_EQ(report::publisher_name(process(50)), "not looked up yet");
  publishers_.find({50, 100}, State::known, "curl");
  publishers_.find({60, 100}, State::known, "curl");
  publishers_.find({70, 100}, State::known, "nobody's");
  poll();
  EXPECT_EQ(report::publisher_name(process(50)), "curl");
  EXPECT_EQ(process(50).publisher_number, process(60).publisher_number);
  EXPECT_EQ(tracker_.table()->publisher(process(50).publisher_number), "curl");
  EXPECT_EQ(tracker_.table()->publisher(9999), "");
}

TEST_F(PublishersOfProcesses, AQueueThatIsFullIsAskedAgain) {
  publishers_.full = true;
  poll();
  EXPECT_TRUE(publishers_.wanted.empty());
  publishers_.full = false;
  poll();
  EXPECT_EQ(publishers_.wanted.size(), 2U);
}

TEST_F(PublishersOfProcesses, OneThatEndedKeepsWhatWasKnown) {
  poll();
  publishers_.find({50, 100}, State::known, "curl");
  poll();
  publishers_.find({50, 100}, State::gone, "");
  publishers_.find({60, 100}, State::gone, "");
  poll();
  EXPECT_EQ(report::publisher_name(process(50)), "curl");
  EXPECT_EQ(report::publisher_name(process(60)), "unknown, ended too soon");
}

TEST_F(PublishersOfProcesses, TheCommandLineIsPrintableAndBounded) {
  poll();
  EXPECT_EQ(process(50).command_line, "curl -H 'a b' ?[1m");
  host_.processes[50].command_line = std::string(100000, 'x');
  host_.processes[50].command = "another";
  for (int sweep = 0; sweep < 3; ++sweep) {
    host_.now += 60'000'000'000;
    poll();
  }
  EXPECT_EQ(process(50).command_line.size(), kMaxCommandLineBytes);
}

TEST(CommandLine, WhatAProgramWroteOverItsArguments) {
  using namespace std::string_view_literals;
  EXPECT_EQ(command_line_text("sshd: root@pts/0\0\0\0\0\0"sv), "'sshd: root@pts/0'");
  EXPECT_EQ(command_line_text("a\0\0b\0"sv), "a '' b");
  EXPECT_EQ(command_line_text(""sv), "");
  EXPECT_EQ(command_line_text("\0\0\0"sv), "");
}

}  // namespace
}  // namespace weir::processes
