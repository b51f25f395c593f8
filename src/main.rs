fn main() -> std::process::ExitCode {
    marquee::cmd::main()
}
