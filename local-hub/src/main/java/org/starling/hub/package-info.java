/**
 * A stand-in for the Hugging Face Hub on this machine: login, tokens, repositories, uploads and downloads, so that the
 * demo and the tests run with no internet. It answers as the Hub does, in its errors too.
 *
 * <p>{@code account} knows who exists, {@code oauth} logs them in, {@code repo} keeps their files, {@code fault} makes
 * it misbehave on request, {@code web} holds what the controllers share. Anybody who reaches it can log in as anybody:
 * it listens on loopback and is not a server for the open internet.
 */
@NullMarked
package org.starling.hub;

import org.jspecify.annotations.NullMarked;
