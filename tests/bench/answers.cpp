#include "tests/bench/answers.h"

#include <array>
#include <utility>

namespace dockgate::bench {
namespace {

const std::string usual_fields =
    "Api-Version: 1.43\r\nDocker-Experimental: false\r\nOstype: linux\r\n"
    "Server: Docker/24.0.7 (linux)\r\nDate: Tue, 02 Jan 2024 03:04:05 GMT\r\n";

std::string with_length(std::string_view status, std::string_view type, const std::string& body) {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + usual_fields +
         "Content-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string json(const std::string& body) {
  return with_length("200 OK", "application/json", body + "\n");
}

// As the Engine sends what does not fit its buffer: one chunk.
std::string json_in_a_chunk(const std::string& body) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx", body.size());
  return "HTTP/1.1 200 OK\r\n" + usual_fields +
         "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + size + "\r\n" +
         body + "\r\n0\r\n\r\n";
}

const std::string id(64, 'a');
const std::string image_id = "sha256:" + std::string(64, 'b');

std::string listed_container(int number) {
  return R"({"Id":")" + id + R"(","Names":["/web-)" + std::to_string(number) +
         R"("],"Image":"docker.io/library/nginx:1.25","ImageID":")" + image_id +
         R"(","Command":"/docker-entrypoint.sh nginx -g 'daemon off;'","Created":1704164645,)"
         R"("Ports":[{"PrivatePort":80,"PublicPort":8080,"Type":"tcp"}],)"
         R"("Labels":{"com.docker.compose.project":"shop","com.docker.compose.service":"web"},)"
         R"("State":"running","Status":"Up 3 hours","HostConfig":{"NetworkMode":"shop_default"},)"
         R"("NetworkSettings":{"Networks":{"shop_default":{"NetworkID":")" +
         id +
         R"(","Gateway":"172.18.0.1","IPAddress":"172.18.0.2","IPPrefixLen":16}}},"Mounts":[]})";
}

// A list of containers, a little more than `size` bytes long, or less where one would not fit.
std::string listed_containers(std::size_t size) {
  std::string list = "[" + listed_container(1);
  for (int number = 2; list.size() + listed_container(number).size() < size; ++number) {
    list += "," + listed_container(number);
  }
  return list + "]";
}

const std::string image =
    R"({"Id":")" + image_id + R"(","RepoTags":["nginx:1.25"],"RepoDigests":["nginx@)" + image_id +
    R"("],"Parent":"","Comment":"","Created":"2024-01-02T03:04:05Z","DockerVersion":"",)"
    R"("Author":"","Config":{"Hostname":"","Domainname":"","User":"","AttachStdin":false,)"
    R"("AttachStdout":false,"AttachStderr":false,"ExposedPorts":{"80/tcp":{}},"Tty":false,)"
    R"("OpenStdin":false,"StdinOnce":false,"Env":["PATH=/usr/local/bin:/usr/bin:/bin",)"
    R"("NGINX_VERSION=1.25.3"],"Cmd":["nginx","-g","daemon off;"],"Image":"","Volumes":null,)"
    R"("WorkingDir":"","Entrypoint":["/docker-entrypoint.sh"],"OnBuild":null,)"
    R"("Labels":{"maintainer":"somebody"}},"Architecture":"amd64","Os":"linux","Size":186861318,)"
    R"("GraphDriver":{"Data":null,"Name":"overlay2"},"RootFS":{"Type":"layers","Layers":[")" +
    image_id + R"("]},"Metadata":{"LastTagTime":"0001-01-01T00:00:00Z"}})";

const std::string container =
    R"({"Id":")" + id +
    R"(","Created":"2024-01-02T03:04:05Z","Path":"sh","Args":[],)"
    R"("State":{"Status":"running","Running":true,"Pid":4711,"ExitCode":0},"Image":")" +
    image_id +
    R"(","Name":"/web","RestartCount":0,"Driver":"overlay2","Platform":"linux","MountLabel":"",)"
    R"("AppArmorProfile":"docker-default","ExecIDs":null,"HostConfig":{"Binds":null,)"
    R"("NetworkMode":"default","PortBindings":{},"RestartPolicy":{"Name":"no"},"IpcMode":"private")"
    R"(,"CgroupnsMode":"private","LogConfig":{"Type":"json-file","Config":{}},"Runtime":"runc",)"
    R"("Privileged":false,"CapAdd":null,"CapDrop":null,"SecurityOpt":null,"PidMode":"",)"
    R"("UTSMode":"","UsernsMode":"","ShmSize":67108864},"Mounts":[],"Config":{"User":"","Tty":false)"
    R"(,"Image":"nginx:1.25","Cmd":["sh"],"Env":[],"Labels":{}},"NetworkSettings":{"Networks":{}}})";

const std::string exec =
    R"({"ID":")" + id +
    R"(","Running":false,"ExitCode":null,"ProcessConfig":{"tty":false,)"
    R"("entrypoint":"sh","arguments":[],"privileged":false},"OpenStdin":true,"OpenStderr":true,)"
    R"("OpenStdout":true,"CanRemove":false,"ContainerID":")" +
    id + R"(","DetachKeys":"","Pid":0})";

const std::string network =
    R"({"Name":"bridge","Id":")" + id +
    R"(","Scope":"local","Driver":"bridge","Options":{},)"
    R"("IPAM":{"Driver":"default","Config":[{"Subnet":"172.17.0.0/16"}]},"Labels":{}})";

const std::string info =
    R"({"ID":"bench","DockerRootDir":"/var/lib/docker","DefaultRuntime":"runc",)"
    R"("Runtimes":{"runc":{"path":"runc"}},"LoggingDriver":"json-file","OSType":"linux"})";

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool begins_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

}  // namespace

const std::string stream_head =
    "HTTP/1.1 200 OK\r\n" + usual_fields +
    "Content-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string tunnel_head =
    "HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n"
    "Connection: Upgrade\r\nUpgrade: tcp\r\n\r\n";

std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (begins_with(target, "/v1.")) target.remove_prefix(target.find('/', 1));
  return target;
}

const std::string& answer_to(std::string_view method, std::string_view target) {
  static const std::string pong = with_length("200 OK", "text/plain; charset=utf-8", "OK");
  static const std::string few = json(listed_containers(2048));
  static const std::string many = json_in_a_chunk(listed_containers(200 * 1024));
  static const std::string created = with_length("201 Created",
                                                 "application/json",
                                                 R"({"Id":")" + id +
                                                     R"(","Warnings":[]})"
                                                     "\n");
  static const std::string loaded = json(R"({"stream":"Loaded image: nginx:1.25\n"})");
  static const std::string an_image = json(image);
  static const std::string a_container = json(container);
  static const std::string an_exec = json(exec);
  static const std::string a_network = json(network);
  static const std::string an_engine = json(info);
  static const std::string missing = with_length("404 Not Found",
                                                 "application/json",
                                                 R"({"message":"page not found"})"
                                                 "\n");
  const std::string_view path = path_of(target);
  if (path == "/_ping") return pong;
  if (path == "/containers/json") return target.find("all=") < target.size() ? many : few;
  if (path == "/containers/create") return created;
  if (path == "/images/load") return loaded;
  if (path == "/info") return an_engine;
  if (method != "GET" || !ends_with(path, "json")) {
    return begins_with(path, "/networks/") ? a_network : missing;
  }
  if (begins_with(path, "/images/")) return an_image;
  if (begins_with(path, "/containers/")) return a_container;
  return begins_with(path, "/exec/") ? an_exec : missing;
}

}  // namespace dockgate::bench
