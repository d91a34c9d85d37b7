// What a client may give ps, which the Engine runs on the host as root to list a container's
// processes (ContainerTop).
//
// The Engine keeps the rows of the container's processes, found by the column PID; of a row whose
// PID is no number it tells what stood there instead. So whatever could bring another process's
// text into that place is refused: columns of free text before PID, columns under other titles,
// and what selects processes, of which there are the container's alone to list.
#pragma once

#include <string_view>

namespace dockgate::policy {

// Whether `arguments` are letters and columns that list processes and nothing else: `aux`, `-ef`,
// `-eo pid,comm`.
bool lists_processes(std::string_view arguments);

}  // namespace dockgate::policy
