#!/usr/bin/env zx
import { main } from '../dist/bin/main.mjs';

await main('logs');
