// SPDX-License-Identifier: GPL-2.0-only
/*
 * fit.c: is this System.map the one of this Image?
 */
#include <string.h>

#include "kernel/map.h"

static bool banner_fits(const struct kernel *kernel)
{
	static const char banner[] = "Linux version ";
	const struct kernel_symbol *symbol =
		kernel_symbols_find(&kernel->symbols, "linux_banner", true, NULL);

	return symbol && symbol->offset < kernel->size &&
	       sizeof(banner) <= kernel->size - symbol->offset &&
	       !memcmp(kernel->image + symbol->offset, banner, sizeof(banner) - 1);
}

/* The code that is gone after boot: its first byte and the one behind it. */
struct init_text {
	uint64_t start, end;
};

static struct init_text init_text_find(const struct kernel_symbols *symbols)
{
	const struct kernel_symbol *start = kernel_symbols_find(symbols, "_sinittext", true, NULL);
	const struct kernel_symbol *end = kernel_symbols_find(symbols, "_einittext", true, NULL);
	struct init_text init = { 0 };

	if (start && end)
		init = (struct init_text){ start->offset, end->offset };
	return init;
}

/*
 * Is a function of the map in the kernel's own table? Parts that are linked into the Image without
 * being of the kernel are not, and with KALLSYMS_ALL off only code is (scripts/kallsyms.c).
 */
static bool is_in_table(const struct kernel *kernel, const struct init_text *init,
			const struct kernel_symbol *symbol)
{
	const char *name = kernel_symbol_name(&kernel->symbols, symbol);
	uint64_t at = symbol->offset;

	return kernel_symbol_is_function(&kernel->symbols, symbol) &&
	       strncmp(name, "__efistub_", 10) && strncmp(name, "__kvm_nvhe_", 11) &&
	       ((at >= kernel->text_start && at < kernel->text_end) ||
		(at >= init->start && at < init->end));
}

/*
 * In the kernels of the proof not one is missing. A map that is wrong about one name in a thousand
 * still names stacks, and one that is refused for what a linker does names none.
 */
static bool table_fits(const struct kernel *kernel, const struct kernel_symbols *table)
{
	const struct init_text init = init_text_find(&kernel->symbols);
	size_t sought = 0, missing = 0;

	for (size_t i = 0; i < kernel->symbols.count; i++) {
		const struct kernel_symbol *symbol = &kernel->symbols.list[i];

		if (!is_in_table(kernel, &init, symbol))
			continue;
		sought++;
		missing += !kernel_symbols_at(table, symbol->offset);
	}
	return sought && missing <= sought / 1000;
}

bool kernel_map_fits(const struct kernel *kernel)
{
	struct kernel own = { .image = kernel->image, .size = kernel->size };
	struct kernel_landing landing;
	char why[REASON_SIZE];
	bool fits;

	if (!banner_fits(kernel))
		return false;
	if (kernel_from_image(&own, NULL, 0, why)) {
		fits = table_fits(kernel, &own.symbols);
	} else {
		landing = kernel_landing(kernel);
		fits = landing.landed * 1000 >= landing.calls * KERNEL_LANDING_NEEDED;
	}
	kernel_symbols_free(&own.symbols);
	return fits;
}
