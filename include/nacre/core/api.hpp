/// Symbol visibility of the library and of plug-ins.
#pragma once

#define NACRE_API __attribute__((visibility("default")))
