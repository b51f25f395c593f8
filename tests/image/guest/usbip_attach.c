/* usbip_attach ADDRESS PORT: connects to an emulated USB device (tests/image/usb_stick.py) and hands the connection to
 * the kernel's virtual host controller: the device is plugged in for as long as the connection lasts. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define ATTACH "/sys/devices/platform/vhci_hcd.0/attach"
/* Bus 1, device 1, as USB/IP numbers them. */
#define DEVICE_ID 0x10001
/* USB_SPEED_HIGH of <linux/usb/ch9.h>. */
#define SPEED_HIGH 3

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "Usage: usbip_attach ADDRESS PORT\n");
        return 2;
    }
    int one = 1;
    int connection = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[2]))};
    inet_pton(AF_INET, arguments[1], &address.sin_addr);
    if (connection < 0 || connect(connection, (struct sockaddr *)&address, sizeof address) != 0) {
        perror("connect");
        return 1;
    }
    setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    int attach = open(ATTACH, O_WRONLY);
    if (attach < 0 || dprintf(attach, "0 %d %d %d", connection, DEVICE_ID, SPEED_HIGH) < 0) {
        perror(ATTACH);
        return 1;
    }
    return 0;
}
