/**
 * What an untrusted model may do: raise a documented exception, or run. See docs/reliability.md.
 */
package dev.tilewright.fuzz;
