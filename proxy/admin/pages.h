// What the admin listener shows: /metrics, /healthz, /readyz, /policy.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/audit/recorder.h"
#include "proxy/engine.h"
#include "proxy/heartbeat.h"
#include "proxy/reception.h"
#include "proxy/reloader.h"
#include "proxy/worker.h"

namespace dockgate::proxy {

struct Page {
  unsigned status = 200;
  std::string_view content_type = "application/json";
  std::string text;
};

class Pages {
 public:
  // All of them outlive it.
  Pages(const std::vector<std::unique_ptr<Worker>>& workers,
        const Reception& reception,
        const Reloader& reloader,
        const Heartbeat& heartbeat,
        const audit::Recorder& recorder)
      : workers_(workers),
        reception_(reception),
        reloader_(reloader),
        heartbeat_(heartbeat),
        recorder_(recorder) {}

  // `path` without a query. Asks the Engine where the page tells of it.
  Task<Page> page(std::string path, Engine& engine) const;

  // Those of the admin listener itself are told of too.
  std::vector<DoorState> doors() const;

  void add_door(const Door& door) { admin_door_ = &door; }

 private:
  Task<Page> metrics(Engine& engine) const;
  Task<Page> readiness(Engine& engine) const;
  Page health() const;
  Page policy() const;

  const std::vector<std::unique_ptr<Worker>>& workers_;
  const Reception& reception_;
  const Reloader& reloader_;
  const Heartbeat& heartbeat_;
  const audit::Recorder& recorder_;
  const Door* admin_door_ = nullptr;
};

}  // namespace dockgate::proxy
