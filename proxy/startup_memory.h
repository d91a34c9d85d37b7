// What only the start needed is given back before the first client is served: the program's pages of
// code that read settings, certificates and the command line, and what they allocated.
#pragma once

namespace dockgate::proxy {

// Code comes back from the page cache where it is called again; nothing that was written is lost.
void give_startup_memory_back();

}  // namespace dockgate::proxy
