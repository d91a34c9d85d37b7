module dockgate.test/seen

go 1.19
