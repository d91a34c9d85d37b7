// One client connection, from its first byte to its last: the one way through, written out.
//
//   head -> operation -> body -> facts -> lookups -> verdict -> audit -> forward | refuse
//
// A session lives on one thread. It owns its client's stream and its own connections to the
// Engine. What forwards asks for a policy::Permit, which only an allowing verdict gives.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/request.h"
#include "proxy/audit/record.h"
#include "proxy/byte_stream.h"
#include "proxy/engine.h"
#include "proxy/http/body_rules.h"
#include "proxy/http/framing.h"
#include "proxy/http/head.h"
#include "proxy/input_buffer.h"
#include "proxy/loop.h"
#include "proxy/refuse.h"
#include "proxy/standing.h"

namespace dockgate::policy {
class BuildContext;
}

namespace dockgate::proxy {

class Unpacker;

class Session {
 public:
  // `loop` outlives it. `turned_away`: what its first request is answered with, whoever it is.
  Session(Loop& loop,
          std::unique_ptr<ByteStream> stream,
          policy::Peer peer,
          std::optional<Refused> turned_away);

  // Serves until the client leaves or may not go on. Once.
  Task<void> run();

  // Ends after the request that is under way, at once where there is none; one that has just come
  // has a moment for its first.
  void stop();
  // Ends now.
  void abort();

  // The loop has another generation in force, by which the next request is judged. With
  // `reload: revoke`, a stream or tunnel that it would refuse ends now.
  void take_over();

 private:
  struct Exchange;

  // For a client that was told that this is the end.
  static constexpr std::chrono::seconds farewell{2};

  Task<bool> read_head();
  Task<After> serve();
  Task<Result<policy::Permit, Refused>> judge(Exchange& exchange);
  // session_judge.cpp
  Result<void, Refused> read_frame(Exchange& exchange);
  Result<void, Refused> read_operation(Exchange& exchange);
  Task<Result<std::string, Refused>> gather_body(Exchange& exchange);
  Task<Result<void, Refused>> look_at_archive(Exchange& exchange);
  bool is_resolved(const Exchange& exchange) const;
  Task<Result<void, Refused>> resolve(Exchange& exchange);
  Task<void> look_up(Exchange& exchange);
  Task<policy::Answer> answer_to(const Exchange& exchange,
                                 policy::Lookup lookup,
                                 std::size_t limit);
  Result<policy::Permit, Refused> verdict_on(Exchange& exchange);
  Result<policy::Permit, Refused> decide_on_read(Exchange& exchange);
  Task<Result<policy::Permit, Refused>> decide(Exchange& exchange);
  static Refused unrecorded(Exchange& exchange);

  // session_forward.cpp
  Task<After> forward(Exchange& exchange, policy::Permit permit);
  static std::string request_of(const Exchange& exchange);
  Task<void> send_body(Exchange& exchange);
  Task<void> send_stream(Exchange& exchange);
  Task<void> answer(Exchange& exchange);
  Task<void> relay_answer(Exchange& exchange, const http::ResponseHead& head);
  Task<void> become_tunnel(Exchange& exchange, const http::ResponseHead& head);

  // session.cpp
  Task<After> refuse(Exchange& exchange, Refused refused);
  Task<void> refuse_head(http::Malformed malformed);
  void finish(Exchange& exchange);
  Task<void> linger();

  // session_build.cpp
  Task<void> send_context(Exchange& exchange);
  Task<Result<void, Refused>> relay_context(Exchange& exchange, policy::BuildContext& context);
  Task<Result<void, Refused>> send_part(std::string_view packed,
                                        Unpacker& unpacker,
                                        policy::BuildContext& context);
  Task<Result<policy::Permit, Refused>> judge_dockerfile(Exchange& exchange,
                                                         const std::string& text);
  Task<void> end_context(Exchange& exchange, policy::BuildContext& context, policy::Permit permit);
  void break_context_off(Exchange& exchange, Refused refused);

  // session_standing.cpp
  void look_who_it_is();
  void write_evidence();
  std::optional<Refused> objection_of_newest(const Exchange& exchange) const;
  std::optional<Refused> objection_to(const Exchange& exchange, const Generation& newer) const;
  ClientTally& tally_of_client() const;

  audit::Record new_record();

  const policy::Settings& settings() const { return standing_.settings(); }

  const policy::Client& who() const { return *standing_.who; }

  Loop& loop_;
  std::unique_ptr<ByteStream> client_;
  policy::Peer peer_;
  std::optional<Refused> turned_away_;
  Standing standing_;     // changes between requests alone
  std::string evidence_;  // who it is, as every record has it
  ClientTally* tally_;
  InputBuffer input_;
  http::HeadText head_;
  Engine engine_;
  Engine asking_;                // lookups share no byte with what is forwarded
  Exchange* lasting_ = nullptr;  // a stream or tunnel that is under way
  bool idle_ = true;
  bool fresh_ = true;  // no request has come so far
  bool stopping_ = false;
};

}  // namespace dockgate::proxy
